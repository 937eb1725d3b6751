# SPDX-License-Identifier: GPL-2.0-or-later
#
# docs/findings -> the table of `virt-netboot explain`, or virt-netboot-findings(7). Any POSIX awk will do.
#
#     awk -v to=c -f scripts/explanations.awk docs/findings/*.md
#     awk -v to=man -f scripts/explanations.awk docs/findings/head.mdoc docs/findings/*.md
#
# What it reads is Markdown, as far as it is needed:
#
#     # NAME (SEVERITY)        an explanation begins; its title is the next line
#     ## HEADING               a section of it
#     - TEXT, 1. TEXT          items, each as long as lines follow that are indented
#     ``` ... ```              what is to be typed; indented, it belongs to the item above
#     `CODE`, PAGE(8), <URL>   in text
#
# In C text keeps the `, and cli/explain/explain.c makes of it what a terminal can show.

function wrong(text) {
	printf "%s:%d: %s\n", FILENAME, FNR, text >"/dev/stderr"
	failed = 1
	exit 1
}

# --- C ---

function c_string(text) {
	gsub(/\\/, "&&", text)
	gsub(/"/, "\\\"", text)
	return "\"" text "\""
}

function c_line(kind, text) { printf "\t{EXPLANATION_%s, %s},\n", kind, c_string(text) }

function c_identifier(word) {
	gsub(/-/, "_", word)
	return "lines_" word
}

function c_end() { if (name != "") print "\t{EXPLANATION_END, NULL},\n};\n" }

function c_table(  i) {
	print "const struct explanation explanations[] = {"
	for (i = 1; i <= count; i++)
		printf "\t{%s, %s, %s, %s},\n", c_string(names[i]), c_string(severities[i]), c_string(titles[i]),
			c_identifier(names[i])
	print "};\n\nconst size_t explanation_count = sizeof(explanations) / sizeof(explanations[0]);"
}

# --- mdoc ---

# Neither escapes nor macros.
function man_escape(text) {
	gsub(/\\/, "\\e", text)
	gsub(/"/, "\\(dq", text)
	return text
}

function man_code(text) {
	text = man_escape(text)
	gsub(/-/, "\\-", text)
	return text
}

# Words of their own, between which a line can end; those that would be macros or punctuation are hidden.
function man_arguments(code,  words, count, i, line) {
	count = split(man_code(code), words, / +/)
	for (i = 1; i <= count; i++) {
		if (words[i] ~ /^([A-Z%][a-zA-Z0-9]?[a-z0-9]|[][().,:;?!|])$/) words[i] = "\\&" words[i]
		line = line (i > 1 ? " " : "") words[i]
	}
	return line
}

function man_flush() {
	if (pending == "") return
	pending = man_escape(pending)
	if (pending ~ /^[.']/) pending = "\\&" pending
	print pending
	pending = ""
}

# mandoc wants each sentence to begin on a line of its own.
function man_word(word) {
	pending = pending (pending == "" ? "" : " ") word
	if (word ~ /[.?!][")]*$/) man_flush()
}

# man_macro(MACRO, ARGUMENT, AFTER): AFTER is what follows without a space.
function man_macro(macro, argument, after,  line, i, c) {
	line = "." macro " " (opening != "" ? "( " : "") argument
	opening = ""
	man_flush()
	for (i = 1; i <= length(after); i++) {
		c = substr(after, i, 1)
		if (index(".,:;?!)]", c) == 0) wrong("after " argument " there has to be a space or punctuation: " after)
		line = line " " c
	}
	print line
}

# An opening bracket belongs to what comes after it.
function man_plain(text,  words, count, i, word, after) {
	count = split(text, words, / +/)
	for (i = 1; i <= count; i++) {
		word = words[i]
		if (word == "") continue
		if (match(word, /^\(?[a-z][a-z0-9_.+-]*\([1-8]\)/)) {
			after = substr(word, RLENGTH + 1)
			word = substr(word, 1, RLENGTH - 3) " " substr(word, RLENGTH - 1, 1)
			if (sub(/^\(/, "", word)) opening = "("
			man_macro("Xr", word, after)
		} else if (match(word, /^<https?:[^>]*>/))
			man_macro("Lk", substr(word, 2, RLENGTH - 2), substr(word, RLENGTH + 1))
		else
			man_word(word)
	}
}

function man_text(text,  parts, count, i, after) {
	count = split(text, parts, /`/)
	for (i = 1; i <= count; i++) {
		if (i % 2 == 0) {
			after = ""
			if (match(parts[i + 1], /^[^ ]+/)) {
				after = substr(parts[i + 1], 1, RLENGTH)
				parts[i + 1] = substr(parts[i + 1], RLENGTH + 1)
			}
			man_macro("Li", man_arguments(parts[i]), after)
		} else {
			if (i < count && sub(/\($/, "", parts[i])) opening = "("
			man_plain(parts[i])
		}
	}
	man_flush()
}

function man_close(what) {
	if (in_list && what != "item") {
		print ".El"
		in_list = 0
	}
	if (what == "section" && in_sections) {
		print ".El"
		in_sections = 0
	}
}

function man_item(text,  mark) {
	if (!in_list) print (text ~ /^-/ ? ".Bl -bullet -compact" : ".Bl -tag -width 3n -compact")
	in_list = 1
	mark = substr(text, 1, index(text, " ") - 1)
	print (mark == "-" ? ".It" : ".It " mark)
	man_text(substr(text, index(text, " ") + 1))
}

function man_paragraph(text) {
	man_close("list")
	if (!first) print ".Pp"
	man_text(text)
}

function man_explanation(  part) {
	man_close("section")
	part = severity == "check" ? "CHECK LINES" : "FINDINGS"
	if (part != last_part) print ".Sh " part
	last_part = part
	print ".Ss " name (severity == "check" ? "" : " No ( " severity " )")
	man_text(title ".")
	print ".Bl -tag -width Ds"
	in_sections = 1
}

# --- both ---

function end_block() {
	if (block == "") return
	if (split(block, ticks, /`/) % 2 == 0) wrong("a ` is missing before this line")
	if (to == "c") c_line(kind == "item" ? "ITEM" : "PARAGRAPH", block)
	else if (kind == "item") man_item(block)
	else man_paragraph(block)
	first = 0
	block = ""
}

function begin_explanation(heading,  end) {
	end = index(heading, " (")
	if (end == 0 || heading !~ /^[a-z]+(-[a-z]+)+ \([^()]+\)$/) wrong("not '# NAME (SEVERITY)': " heading)
	if (to == "c") c_end()
	name = substr(heading, 1, end - 1)
	severity = substr(heading, end + 2, length(heading) - end - 2)
	title = ""
}

function begin_text(text) {
	title = text
	names[++count] = name
	severities[count] = severity
	titles[count] = title
	if (to == "c") printf "static const struct explanation_line %s[] = {\n", c_identifier(name)
	else man_explanation()
}

function begin_section(heading) {
	if (to == "c") c_line("HEADING", heading)
	else {
		man_close("list")
		print ".It Sy " heading
	}
	first = 1
}

function fence(line) {
	in_code = !in_code
	if (in_code) {
		of_item = line ~ /^ /
		if (of_item && kind != "item") wrong("there is no item to which this belongs")
	}
	if (to == "c") return
	if (in_code && !of_item) man_close("list")
	print (in_code ? ".Bd -literal -offset 4n -compact" : ".Ed")
	first = 0
}

function code_line(text) {
	if (of_item) sub(/^   /, "", text)
	if (to == "c") c_line(of_item ? "ITEM_CODE" : "CODE", text)
	else {
		text = man_code(text)
		print (text ~ /^[.']/ ? "\\&" : "") text
	}
}

BEGIN {
	if (to == "c") print "/* Made from docs/findings by scripts/explanations.awk. */\n#include \"explanation.h\"\n"
	else print ".\\\" Made from docs/findings by scripts/explanations.awk."
}

FILENAME ~ /\.mdoc$/ { print; next }
/^ *```/ { end_block(); fence($0); next }
in_code { code_line($0); next }
/^<!-- .* -->$/ { next }
/^## / { end_block(); begin_section(substr($0, 4)); next }
/^# / { end_block(); begin_explanation(substr($0, 3)); next }
/^$/ { end_block(); next }
name != "" && title == "" { begin_text($0); next }
/^(-|[1-9]\.) / { end_block(); kind = "item"; block = $0; next }
{
	if (block == "") kind = "paragraph"
	else if (kind == "item" && $0 !~ /^ /) wrong("an item ends in an empty line, or goes on indented")
	sub(/^ +/, "")
	block = block (block == "" ? "" : " ") $0
}

END {
	if (failed) exit 1
	end_block()
	if (in_code) wrong("``` is missing at the end")
	if (to == "c") {
		c_end()
		c_table()
	} else {
		man_close("section")
		print ".Sh SEE ALSO"
		print ".Xr virt-netboot.conf 5 ,\n.Xr virt-netboot-hooks 7 ,\n.Xr virt-netboot-troubleshooting 7 ,\n.Xr virt-netboot 8"
	}
}
