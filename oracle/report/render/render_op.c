// SPDX-License-Identifier: GPL-2.0-or-later
/* The program that shows a finding, as kmconform check takes it. */
#include "render.h"

int kmc_render_op(FILE *out, const struct kmc_doc *doc, const struct kmc_render_wishes *wishes)
{
	const struct kmc_doc_subject *s;
	const struct kmc_doc_finding *f = kmc_render_choose(doc, wishes->key, &s);

	if (!f)
		return kmc_render_refuse("op: %s", wishes->key ? "no finding of this key" :
								"no finding that is not known");
	if (!f->minimised.text.nr)
		return kmc_render_refuse("op: the run has no program that shows %s", f->key);
	for (size_t i = 0; i < f->minimised.text.nr; i++)
		fprintf(out, "%s\n", f->minimised.text.line[i]);
	return 0;
}
