#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A run document of so many findings under 40 rules, as a campaign of weeks may leave.
awk -v nr="$1" '
function rule(r) { return (r % 2 ? "KM-" : "GFP-") r }
BEGIN {
	printf "{\"schema\":{\"name\":\"kmconform-run\",\"major\":1,\"minor\":3},"
	printf "\"tool\":{\"name\":\"kmconform\",\"version\":\"kmconform 0.1.0\",\"command\":\"fuzz\"},"
	printf "\"input\":{\"file\":\"campaign\",\"sha256\":null,\"facts\":{\"executions\":123456789}},"
	printf "\"reproduce\":\"kmconform fuzz -d campaign\",\"subjects\":[{\"name\":\"alloc 6.18.44\","
	printf "\"edition\":\"6.18\",\"guide\":5,\"bare\":false,\"shows\":\"0x1f\",\"machine\":{\"page_bytes\":4096,"
	printf "\"cpus\":2,\"nodes\":1,\"options\":[],\"direct_map\":\"0\"},\"events\":987654321,"
	printf "\"verdict\":\"violated\",\"totals\":{\"pass\":0,\"violated\":40,\"known\":0,\"unknown\":0,"
	printf "\"unexercised\":0,\"unreachable\":0},\"rules\":["
	for (r = 0; r < 40; r++)
		printf "%s{\"id\":\"%s\",\"name\":\"rule.%d\",\"party\":\"allocator\",\"strength\":\"must\",\"origin\":\"S\"," \
			"\"state\":\"violated\",\"exercised\":%d,\"passed\":%d,\"violated\":%d,\"unknown\":0}",
			r ? "," : "", rule(r), r, r * 1000 + 9, r * 1000, 9
	printf "],\"findings\":["
	for (i = 0; i < nr; i++) {
		printf "%s{\"key\":\"v1-%016d\",\"title\":\"rule.%d: kmalloc, clause-%d (size=multiple gfp=noretry context=nofs)\"," \
			"\"rule\":\"%s\",\"party\":\"allocator\",\"strength\":\"must\",\"severity\":\"high\",\"call\":\"kmalloc\"," \
			"\"clause\":\"clause-%d\",\"shape\":\"size=multiple gfp=noretry context=nofs\",\"occurrences\":%d,",
			i ? "," : "", i, i % 40, i, rule(i % 40), i, i % 97 + 1
		printf "\"first\":%d,\"last\":%d,\"known\":%s,\"address\":\"0xffff%012x\",\"site\":\"0\"," \
			"\"required\":\"what the rule says, in as many words as such rules have\",\"explain\":{\"let\":[" \
			"\"A = event %d: kmalloc(96, GFP_KERNEL) -> 0xffff%012x\",\"B = event %d: kfree(0xffff%012x)\"]," \
			"\"then\":[\"96 is a multiple of 32: so must the address be\"],\"but\":[\"it is a multiple of 8 only\"]},",
			i, i + 50, i % 9 ? "false" : "true", i * 8, i, i * 8, i + 1, i * 8
		printf "\"timeline\":["
		for (t = 0; t < (i % 20 ? 0 : 6); t++)
			printf "%s{\"time\":%d,\"cpu\":%d,\"kind\":\"call\",\"op\":\"kmalloc\",\"object\":\"o%d\",\"life\":\"begins\"," \
				"\"role\":\"%s\",\"text\":\"kmalloc(%d, GFP_KERNEL) -> 0xffff%012x\"}",
				t ? "," : "", i + t, t % 2, t, t ? "" : "A", t * 8, (i + t) * 8
		printf "]}"
	}
	printf "],\"lives\":[]}],\"catalogue\":[],\"verdict\":\"violated\",\"exit_status\":1}\n"
}'
