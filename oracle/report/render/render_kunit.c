// SPDX-License-Identifier: GPL-2.0-or-later
/* A finding as a KUnit suite of one case, in kernel style, for a kernel's own tree. */
#include <string.h>
#include "code.h"

int kmc_render_kunit(FILE *out, const struct kmc_doc *doc, const struct kmc_render_wishes *wishes)
{
	struct kmc_code code = { .out = out, .expect = "KUNIT_EXPECT_TRUE(test, " };
	int ret = kmc_code_begin(&code, "kunit", doc, wishes);
	char name[80];

	if (ret)
		return ret;
	ret = kmc_code_possible(&code, "kunit");
	if (!ret) {
		kmc_code_name(&code, name, sizeof(name));
		fputs("// SPDX-License-Identifier: GPL-2.0-or-later\n", out);
		kmc_code_comment(&code, wishes);
		fputs("#include <kunit/test.h>\n#include <linux/err.h>\n#include <linux/gfp.h>\n"
		      "#include <linux/mm.h>\n#include <linux/module.h>\n#include <linux/sched/mm.h>\n"
		      "#include <linux/slab.h>\n#include <linux/string.h>\n"
		      "#include <linux/vmalloc.h>\n\n", out);
		kmc_code_helpers(&code);
		fprintf(out, "static void %s(struct kunit *test)\n{\n", name);
		kmc_code_body(&code);
		fprintf(out, "}\n\nstatic struct kunit_case %s_cases[] = {\n\tKUNIT_CASE(%s),\n\t{}\n};\n\n",
			name, name);
		fprintf(out, "static struct kunit_suite %s_suite = {\n\t.name = \"%s\",\n"
			     "\t.test_cases = %s_cases,\n};\nkunit_test_suite(%s_suite);\n\n",
			name, name, name, name);
		fputs("MODULE_LICENSE(\"GPL\");\n", out);
	}
	kmc_code_end(&code);
	return ret;
}
