/* html.c -- see html.h. */
#include "lib/report/html.h"

#include "lib/report/words.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const style[] = {
	/* NOLINT(bugprone-suspicious-missing-comma) */
	":root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1b1f27;--dim:#626b7a;--line:#dfe3ea;--a:#2f6fde;"
	"--b:#e0762f;--c:#2a9d6f;--soft:#e8effc;--error:#c62f3b;--warning:#b26a00;--note:#4a6a9c}\n",
	"@media(prefers-color-scheme:dark){:root{--bg:#12151b;--card:#1b2029;--ink:#e7eaf0;--dim:#9aa4b5;--line:#2d3542;"
	"--a:#6ea0ff;--b:#f09a5b;--c:#5cc89a;--soft:#22304a;--error:#ff7b84;--warning:#f0b04d;--note:#9db8e6}}\n",
	"*{box-sizing:border-box}\n",
	"body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,"
	"\"DejaVu Sans\",sans-serif}\n",
	"main{max-width:1200px;margin:0 auto;padding:1.5rem 1rem 4rem}\n",
	"h1{font-size:1.7rem;line-height:1.2;margin:0 0 .2rem;overflow-wrap:anywhere}\n",
	"section+h1{margin-top:3rem}\n",
	"h2{font-size:1.2rem;margin:2.4rem 0 .1rem}\n",
	".sub{color:var(--dim);margin:0 0 .8rem}\n",
	".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.7rem;margin:1rem 0}\n",
	".card{background:var(--card);border:1px solid var(--line);border-radius:.7rem;padding:.7rem .9rem}\n",
	".card b{display:block;font-size:1.15rem;line-height:1.35;font-variant-numeric:tabular-nums;white-space:nowrap;"
	"overflow:hidden;text-overflow:ellipsis}\n",
	".card span{color:var(--dim);font-size:.88rem}\n",
	".grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,21rem),1fr));gap:.9rem}\n",
	"figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:.7rem;"
	"padding:.8rem .9rem;min-width:0}\n",
	".wide{grid-column:1/-1}\n",
	"figcaption{font-weight:600;margin-bottom:.5rem;line-height:1.3}\n",
	"figcaption small{display:block;font-weight:400;color:var(--dim);font-size:.85rem}\n",
	"svg{display:block;width:100%;height:10rem}\n",
	".wide svg{height:12rem}\n",
	".y,.x{display:flex;justify-content:space-between;gap:.5rem;color:var(--dim);font-size:.78rem;"
	"font-variant-numeric:tabular-nums}\n",
	".x span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}\n",
	".all span{flex:1 1 0;text-align:center}\n",
	".key{display:flex;flex-wrap:wrap;gap:.2rem 1rem;font-size:.85rem;margin-top:.4rem}\n",
	".key i{display:inline-block;width:1rem;height:.28rem;border-radius:.14rem;vertical-align:middle;"
	"margin-right:.35rem}\n",
	".f0{fill:var(--a)}.f1{fill:var(--b)}.f2{fill:var(--c)}.g{stroke:var(--line);stroke-width:1;"
	"vector-effect:non-scaling-stroke}\n",
	".l{fill:none;stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round;vector-effect:non-scaling-stroke}\n",
	".l0{stroke:var(--a)}.l1{stroke:var(--b)}.l2{stroke:var(--c)}.k0{background:var(--a)}.k1{background:var(--b)}"
	".k2{background:var(--c)}\n",
	"rect.f0:hover{fill:var(--b)}\n",
	".row{position:relative;display:flex;justify-content:space-between;gap:.8rem;padding:.16rem .45rem;margin:.14rem 0;"
	"border-radius:.3rem;font-size:.92rem}\n",
	".row u{position:absolute;inset:0 auto 0 0;background:var(--soft);border-radius:.3rem;z-index:0}\n",
	".row span,.row b{position:relative;z-index:1}\n",
	".row span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;min-width:0}\n",
	".row b{font-weight:500;font-variant-numeric:tabular-nums;white-space:nowrap}\n",
	".week{display:grid;grid-template-columns:2.4rem 1fr;gap:0 .3rem}\n",
	".days{display:flex;flex-direction:column;justify-content:space-around;color:var(--dim);font-size:.78rem}\n",
	".todo{list-style:none;margin:.6rem 0;padding:0;display:grid;gap:.6rem}\n",
	".todo li{background:var(--card);border:1px solid var(--line);border-left:.35rem solid var(--note);border-radius:.5rem;"
	"padding:.6rem .9rem;overflow-wrap:anywhere}\n",
	".todo .error{border-left-color:var(--error)}.todo .warning{border-left-color:var(--warning)}\n",
	".todo em{font-style:normal;font-weight:600;font-size:.78rem;text-transform:uppercase;letter-spacing:.04em;"
	"color:var(--note);margin-right:.5rem}\n",
	".todo .error em{color:var(--error)}.todo .warning em{color:var(--warning)}\n",
	".todo p{margin:.15rem 0 0;color:var(--dim)}\n",
	".scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:.7rem}\n",
	"table{border-collapse:collapse;width:100%;font-size:.92rem}\n",
	"th,td{text-align:left;padding:.4rem .7rem;border-bottom:1px solid var(--line);vertical-align:top}\n",
	"tr:last-child td{border-bottom:0}\n",
	"th{color:var(--dim);font-weight:500;font-size:.84rem;white-space:nowrap}\n",
	".fit td:last-child{width:70%}\n",
	"td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n",
	".yes{color:var(--c);font-weight:600}.limited{color:var(--warning);font-weight:600}"
	".no{color:var(--error);font-weight:600}\n",
	"footer{color:var(--dim);font-size:.85rem;margin-top:3rem}\n",
	"@media(max-width:40rem){main{padding:1rem .7rem 3rem}h1{font-size:1.35rem}.cards{grid-template-columns:1fr 1fr}"
	".card b{font-size:1.15rem}svg,.wide svg{height:8.5rem}}\n",
};

/* ---- text ---- */

void rs_html_put(struct rs_html *h, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (h->rc == 0)
		h->rc = rs_buf_addv(h->b, h->err, fmt, ap);
	va_end(ap);
}

static void escape(struct rs_html *h, const char *p, size_t n)
{
	for (size_t i = 0; i < n && h->rc == 0; i++) {
		const char *e = p[i] == '&' ? "&amp;"
		        : p[i] == '<'       ? "&lt;"
		        : p[i] == '>'       ? "&gt;"
		        : p[i] == '"'       ? "&quot;"
		                            : NULL;

		h->rc = e != NULL ? rs_buf_adds(h->b, e, h->err) : rs_buf_addc(h->b, p[i], h->err);
	}
}

void rs_html_bytes(struct rs_html *h, const char *p, size_t n, size_t n_columns)
{
	struct rs_buf clean = RS_BUF_INIT;

	if (h->rc == 0)
		h->rc = rs_word_name(&clean, p, n, n_columns, h->err);
	if (h->rc == 0)
		escape(h, clean.p, clean.n);
	rs_buf_release(&clean);
}

void rs_html_text(struct rs_html *h, const char *text)
{
	rs_html_bytes(h, text, strlen(text), 4096);
}

/* ---- frame ---- */

void rs_html_start(struct rs_html *h, const char *title)
{
	rs_html_put(h, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
	rs_html_text(h, title);
	rs_html_put(h, "</title>\n<style>\n");
	for (size_t i = 0; i < sizeof style / sizeof style[0] && h->rc == 0; i++)
		h->rc = rs_buf_adds(h->b, style[i], h->err);
	rs_html_put(h, "</style>\n</head>\n<body>\n<main>\n");
}

void rs_html_end(struct rs_html *h)
{
	rs_html_put(h, "<footer>Written by rs-analyze " RS_VERSION ". Times are UTC.</footer>\n</main>\n</body>\n</html>\n");
}

void rs_html_section(struct rs_html *h, const char *title, const char *sub)
{
	rs_html_put(h, "<section>\n<h2>");
	rs_html_text(h, title);
	rs_html_put(h, "</h2>\n");
	if (sub != NULL) {
		rs_html_put(h, "<p class=\"sub\">");
		rs_html_text(h, sub);
		rs_html_put(h, "</p>\n");
	}
}

void rs_html_section_end(struct rs_html *h)
{
	rs_html_put(h, "</section>\n");
}

void rs_html_card(struct rs_html *h, const char *value, const char *name)
{
	rs_html_put(h, "<div class=\"card\"><b>");
	rs_html_text(h, value);
	rs_html_put(h, "</b><span>");
	rs_html_text(h, name);
	rs_html_put(h, "</span></div>\n");
}

/* ---- figures ---- */

static void start_figure(struct rs_html *h, const char *title, const char *sub, bool wide)
{
	rs_html_put(h, wide ? "<figure class=\"wide\"><figcaption>" : "<figure><figcaption>");
	rs_html_bytes(h, title, strlen(title), 80);
	if (sub != NULL) {
		rs_html_put(h, "<small>");
		rs_html_text(h, sub);
		rs_html_put(h, "</small>");
	}
	rs_html_put(h, "</figcaption>\n");
}

static void label(struct rs_html *h, const char *text)
{
	rs_html_put(h, "<span>");
	rs_html_text(h, text);
	rs_html_put(h, "</span>");
}

void rs_html_bars(struct rs_html *h, const char *title, const char *sub, const struct rs_html_bar *bar, uint32_t n, bool wide)
{
	char most_text[RS_WORD_MAX];
	double most = 0;
	bool all = n <= (wide ? 12 : 6);

	for (uint32_t k = 0; k < n; k++)
		most = fmax(most, bar[k].value);
	start_figure(h, title, sub, wide);
	rs_html_put(h, "<div class=\"y\">");
	label(h, rs_word_number(most_text, most));
	rs_html_put(h, "</div>\n<svg viewBox=\"0 0 %u 100\" preserveAspectRatio=\"none\" role=\"img\">\n"
	               "<path class=\"g\" d=\"M0 0H%uM0 50H%uM0 100H%u\"/>\n", n * 10, n * 10, n * 10, n * 10);
	for (uint32_t k = 0; k < n; k++) {
		double height = most > 0 ? 100 * bar[k].value / most : 0;

		if (bar[k].value > 0 && height < .8)
			height = .8;
		rs_html_put(h, "<rect class=\"f0\" x=\"%.1f\" width=\"%.1f\" y=\"%.2f\" height=\"%.2f\"><title>",
		            k * 10 + (n > 60 ? .3 : 1), n > 60 ? 9.4 : 8., 100 - height, height);
		rs_html_text(h, bar[k].label);
		rs_html_put(h, ": ");
		rs_html_text(h, bar[k].note);
		rs_html_put(h, "</title></rect>\n");
	}
	rs_html_put(h, "</svg>\n<div class=\"x%s\">", all ? " all" : "");
	for (uint32_t k = 0; k < n; k++)
		if (all || k == 0 || k == n / 2 || k == n - 1)
			label(h, bar[k].label);
	rs_html_put(h, "</div></figure>\n");
}

void rs_html_lines(struct rs_html *h, const char *title, const char *sub, const struct rs_html_line *line, uint32_t n_lines,
                   uint32_t n, double top, const char *first, const char *last)
{
	char text[RS_WORD_MAX];

	start_figure(h, title, sub, true);
	rs_html_put(h, "<div class=\"y\">");
	label(h, rs_word_percent(text, top));
	rs_html_put(h, "</div>\n<svg viewBox=\"0 0 1000 100\" preserveAspectRatio=\"none\" role=\"img\">\n"
	               "<path class=\"g\" d=\"M0 0H1000M0 50H1000M0 100H1000\"/>\n");
	for (uint32_t l = 0; l < n_lines; l++) {
		rs_html_put(h, "<path class=\"l l%u\" d=\"", l % 3);
		for (uint32_t k = 0; k < n; k++) {
			double y = line[l].y[k] / top;

			rs_html_put(h, "%s%.1f %.2f", k == 0 ? "M" : "L", n < 2 ? 0. : 1000. * k / (n - 1),
			            100 - 100 * (y < 0 ? 0 : y > 1 ? 1 : y));
		}
		rs_html_put(h, "\"/>\n");
	}
	rs_html_put(h, "</svg>\n<div class=\"x\">");
	label(h, first);
	label(h, last);
	rs_html_put(h, "</div>\n<div class=\"key\">");
	for (uint32_t l = 0; l < n_lines; l++) {
		rs_html_put(h, "<span><i class=\"k%u\"></i>", l % 3);
		rs_html_text(h, line[l].name);
		rs_html_put(h, "</span>");
	}
	rs_html_put(h, "</div></figure>\n");
}

void rs_html_week(struct rs_html *h, const char *title, const char *sub, const uint64_t *hour)
{
	static const char *const day[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
	uint64_t most = 1;
	char n[RS_WORD_MAX];

	for (int k = 0; k < 168; k++)
		most = hour[k] > most ? hour[k] : most;
	start_figure(h, title, sub, true);
	rs_html_put(h, "<div class=\"week\"><div class=\"days\">");
	for (int k = 0; k < 7; k++)
		label(h, day[k]);
	rs_html_put(h, "</div><svg viewBox=\"0 0 24 7\" preserveAspectRatio=\"none\" role=\"img\">\n");
	for (int k = 0; k < 168; k++) {
		int of_day = k / 24;

		rs_html_put(h, "<rect class=\"f0\" x=\"%.2f\" y=\"%.2f\" width=\".94\" height=\".9\" opacity=\"%.3f\">"
		               "<title>%s %02d:00: %s</title></rect>\n", k % 24 + .03, of_day + .05,
		            .05 + .95 * (double)hour[k] / (double)most, day[of_day], k % 24, rs_word_count(n, hour[k]));
	}
	rs_html_put(
	        h,
	        "</svg><div></div><div class=\"x\"><span>00:00</span><span>06:00</span><span>12:00</span><span>18:00</span>"
	        "<span>24:00</span></div></div></figure>\n");
}

void rs_html_list(struct rs_html *h, const char *title, const char *sub)
{
	start_figure(h, title, sub, false);
}

void rs_html_list_row(struct rs_html *h, const char *text, size_t n, double share, const char *value)
{
	rs_html_put(h, "<div class=\"row\"><u style=\"width:%.2f%%\"></u><span>", 100 * fmin(fmax(share, 0), 1));
	rs_html_bytes(h, text, n, 60);
	rs_html_put(h, "</span><b>");
	rs_html_text(h, value);
	rs_html_put(h, "</b></div>\n");
}

void rs_html_list_end(struct rs_html *h)
{
	rs_html_put(h, "</figure>\n");
}

void rs_html_h1(struct rs_html *h, const char *title, const char *sub)
{
	rs_html_put(h, "<h1>");
	rs_html_text(h, title);
	rs_html_put(h, "</h1>\n<p class=\"sub\">%s</p>\n", sub);
}

int rs_html_finish(struct rs_html *h, struct rs_out *out)
{
	rs_html_end(h);
	if (h->rc == 0)
		h->rc = rs_out_write(out, h->b->p, h->b->n, h->err);
	rs_buf_release(h->b);
	return h->rc;
}
