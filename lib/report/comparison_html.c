/* comparison_html.c -- two datasets as one page. */
#include "lib/report/analysis.h"
#include "lib/report/analysis_html.h"
#include "lib/report/words.h"

#include <stdio.h>
#include <string.h>

static void put_both(struct rs_html *h, const char *title, uint64_t both, uint64_t gone, uint64_t fresh)
{
	uint64_t all = both + gone + fresh;
	char n[RS_WORD_MAX];

	rs_html_list(h, title, NULL);
	rs_html_list_row(h, "in both", 7, share(both, all), rs_word_count(n, both));
	rs_html_list_row(h, "gone", 4, share(gone, all), rs_word_count(n, gone));
	rs_html_list_row(h, "new", 3, share(fresh, all), rs_word_count(n, fresh));
	rs_html_list_end(h);
}

static void put_shifts(struct rs_html *h, const struct rs_comparison *c)
{
	rs_html_section(h, "Columns", "Stability index: below 0.1 stable, above 0.25 another population.");
	rs_html_put(
	        h,
	        "<div class=\"scroll\"><table>\n<tr><th>Column</th><th class=\"n\">Index</th><th class=\"n\">Mean before</th>"
	        "<th class=\"n\">Mean now</th><th>Moved most</th></tr>\n");
	for (uint32_t i = 0; i < c->n_shifts; i++) {
		const struct rs_shift *s = &c->shift[i];
		char t[RS_WORD_MAX];

		rs_html_put(h, "<tr><td>");
		rs_html_text(h, s->what);
		rs_html_put(h, "</td><td class=\"n\"><span class=\"%s\">%.3f</span></td>",
		            s->psi > .25          ? "no"
		                    : s->psi > .1 ? "limited"
		                                  : "yes",
		            s->psi);
		rs_html_put(h, "<td class=\"n\">%s</td>", rs_word_number(t, s->old_mean));
		rs_html_put(h, "<td class=\"n\">%s</td><td>", rs_word_number(t, s->new_mean));
		if (s->most != NULL) {
			rs_html_bytes(h, s->most, strlen(s->most), 40);
			rs_html_put(h, " %s", rs_word_percent(t, s->most_old));
			rs_html_put(h, " → %s", rs_word_percent(t, s->most_new));
		}
		rs_html_put(h, "</td></tr>\n");
	}
	rs_html_put(h, "</table></div>\n");
	rs_html_section_end(h);
}

int rs_comparison_html(struct rs_out *out, const struct rs_comparison *c, struct rs_err *err)
{
	struct rs_buf b = RS_BUF_INIT;
	struct rs_html h = { &b, err, 0 };
	char title[512], t[RS_WORD_MAX];

	snprintf(title, sizeof title, "%.200s against %.200s", c->after->name, c->before->name);
	rs_html_start(&h, title);
	rs_html_h1(&h, title, "What changed from the old data to the new.");
	rs_html_put(&h, "<div class=\"cards\">\n");
	rs_html_card(&h, rs_word_percent(t, c->top_overlap), "of the most popular items are the same");
	rs_html_card(&h, rs_word_number(t, c->rank), "correlation of ranks");
	rs_html_card(&h, rs_word_percent(t, c->tv), "of the events moved to other items");
	rs_html_card(&h, rs_word_percent(t, share(c->events_new_users, c->after->counts.n_events)),
	             "of the events by new users");
	rs_html_card(&h, rs_word_percent(t, share(c->events_new_items, c->after->counts.n_events)),
	             "of the events on new items");
	rs_html_put(&h, "</div>\n");
	rs_html_advice(&h, c->advice, c->n_advice);
	rs_html_section(&h, "Who and what", NULL);
	rs_html_put(&h, "<div class=\"grid\">\n");
	put_both(&h, "Users", c->users_both, c->users_gone, c->users_new);
	put_both(&h, "Items", c->items_both, c->items_gone, c->items_new);
	rs_html_put(&h, "</div>\n");
	rs_html_section_end(&h);
	put_shifts(&h, c);
	rs_html_h1(&h, c->after->name, "The new data by itself.");
	rs_html_analysis(&h, c->after);
	return rs_html_finish(&h, out);
}
