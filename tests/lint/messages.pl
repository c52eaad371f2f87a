#!/usr/bin/perl
# messages.pl -- every error message has a test of its text.
#
# Takes the format of each rs_fail, rs_fail_errno and rs_fail_prefix in lib/ and cmd/, and looks for its longest fixed part in
# the command tests and unit tests. Prints the messages that no test mentions and fails if there are any; those that
# cannot be reached by a test stand in messages.allow, a fixed part a line.
use strict;
use warnings;

sub slurp
{
	my ($path) = @_;
	open(my $f, '<', $path) or die "$path: $!\n";
	local $/;
	return scalar <$f>;
}

# Backslashes go, so that quotes compare alike in C, in sh and in sh within quotes.
sub plain
{
	my ($text) = @_;
	$text =~ s/\\//g;
	return $text;
}

my $tests = plain(join "\n", map { slurp($_) } glob('tests/*.t tests/unit/*.c tests/hostile/*'));
# String literals that C joins are one text.
$tests =~ s/"\s*\n\s*"//g;

my %allowed;
for (split /\n/, slurp('tests/lint/messages.allow')) {
	$allowed{plain($_)} = 0 unless /^(#|$)/;
}

my ($n, @missing) = (0);
for my $path (sort glob('lib/*/*.c cmd/*.c')) {
	my $source = slurp($path);
	while ($source =~ /\brs_fail(?:_errno|_prefix)?\s*\(/g) {
		my $line = 1 + (() = substr($source, 0, pos $source) =~ /\n/g);
		# The format is the first run of string literals, with macros such as PRIu64 between them.
		next unless substr($source, pos $source, 1500) =~
			/^[^;"]*?,\s*((?:"(?:[^"\\]|\\.)*"|\s|PRI[a-zA-Z0-9]+)+)/;
		my $format = $1;
		my $text = '';
		while ($format =~ /"((?:[^"\\]|\\.)*)"|(PRI\w+)/g) {
			$text .= defined $1 ? $1 : 'd';
		}
		my ($part) = sort { length $b <=> length $a } map { s/^[\s:]+|[\s:]+$//gr }
			split /%%|%[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|z|j|t)?[a-zA-Z]/, plain($text);
		next if !defined $part || length $part < 5;
		$n++;
		next if index($tests, $part) >= 0;
		if (exists $allowed{$part}) {
			$allowed{$part}++;
			next;
		}
		push @missing, "$path:$line: $part";
	}
}
print "$_    <- no test mentions this message\n" for @missing;
my @stale = grep { $allowed{$_} == 0 } sort keys %allowed;
print "tests/lint/messages.allow: $_    <- not needed\n" for @stale;
printf "%d messages, %d without a test\n", $n, scalar @missing;
exit(@missing || @stale ? 1 : 0);
