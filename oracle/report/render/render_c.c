// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A finding as a C program of its own against alloc's headers and library: the
 * machine that the finding was made on, the calls, the checks. Exit status 1
 * when the violation shows.
 */
#include <inttypes.h>
#include "code.h"

static const char *profile_of(uint32_t release)
{
	switch (release) {
	case KMC_RELEASE(6, 1, 192): return "KMC_PROFILE_6_1_192";
	case KMC_RELEASE(6, 6, 9): return "KMC_PROFILE_6_6_9";
	case KMC_RELEASE(6, 12, 117): return "KMC_PROFILE_6_12_117";
	default: return "KMC_PROFILE_6_18_44";
	}
}

static void print_zones(FILE *out, const struct kmc_machine *m)
{
	static const char *const kinds[] = { "DMA", "DMA32", "NORMAL", "HIGHMEM", "MOVABLE" };

	for (unsigned int i = 0; i < m->nr_zones; i++)
		fprintf(out, "\t\t\t{ KMC_ZONE_%s, %u, %" PRIu64 ", %" PRIu64 " },\n",
			m->zones[i].kind < 5 ? kinds[m->zones[i].kind] : "NORMAL",
			m->zones[i].node, m->zones[i].start_pfn, m->zones[i].nr_pages);
}

static void print_options(FILE *out, uint32_t options)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} known[] = {
		{ KMC_MO_freelist_random, "FREELIST_RANDOM" },
		{ KMC_MO_freelist_hardened, "FREELIST_HARDENED" },
		{ KMC_MO_slab_nomerge, "NOMERGE" },
		{ KMC_MO_memcg, "MEMCG" },
		{ KMC_MO_init_on_alloc, "INIT_ON_ALLOC" },
		{ KMC_MO_init_on_free, "INIT_ON_FREE" },
		{ KMC_MO_no_zone_dma, "NO_ZONE_DMA" },
		{ KMC_MO_slub_red_zone, "SLUB_RED_ZONE" },
		{ KMC_MO_slub_poison, "SLUB_POISON" },
		{ KMC_MO_slub_store_user, "SLUB_STORE_USER" },
		{ KMC_MO_slub_consistency, "SLUB_CONSISTENCY" },
		{ KMC_MO_slab_buckets, "SLAB_BUCKETS" },
		{ KMC_MO_random_kmalloc, "RANDOM_KMALLOC" },
		{ KMC_MO_hardened_usercopy, "HARDENED_USERCOPY" },
		{ KMC_MO_debug_vm, "DEBUG_VM" },
		{ KMC_MO_preempt_rt, "PREEMPT_RT" },
		{ KMC_MO_thp, "THP" },
		{ KMC_MO_memory_recursiveprot, "MEMCG_RECURSIVE" },
	};

	/* Memory that nobody wrote is no zero by chance. */
	fputs("\t\t.options = KMC_OPT_DIRTY_MEMORY", out);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (options & known[i].bit)
			fprintf(out, " | KMC_OPT_%s", known[i].name);
	fputs(",\n", out);
}

static void print_main(FILE *out, const struct kmc_machine *m, const char *key)
{
	fprintf(out, "int main(void)\n{\n\tconst struct kmc_sim_config config = {\n"
		     "\t\t.profile = %s,\n\t\t.nr_cpus = %u,\n\t\t.nr_nodes = %u,\n"
		     "\t\t.nr_zones = %u,\n\t\t.zones = {\n",
		profile_of(m->profile), m->nr_cpus, m->nr_nodes, m->nr_zones);
	print_zones(out, m);
	fputs("\t\t},\n", out);
	print_options(out, m->options);
	fprintf(out, "\t\t.seed = %" PRIu64 "u,\n\t};\n\tstruct kmc_sim *sim;\n\n"
		     "\tif (kmc_sim_create(&config, &sim) || kmc_sim_bind(sim, 0))\n\t\treturn 2;\n"
		     "\treproduce();\n\tprintf(\"%s: %%s\\n\", failed ? \"violated\" : \"kept\");\n"
		     "\treturn failed;\n}\n", m->seed, key);
}

int kmc_render_c(FILE *out, const struct kmc_doc *doc, const struct kmc_render_wishes *wishes)
{
	struct kmc_code code = { .out = out, .expect = "EXPECT(" };
	int ret = kmc_code_begin(&code, "c", doc, wishes);

	if (ret)
		return ret;
	ret = kmc_code_possible(&code, "c");
	if (!ret) {
		fputs("// SPDX-License-Identifier: GPL-2.0-or-later\n", out);
		kmc_code_comment(&code, wishes);
		fputs("/* cc -I alloc/include reproducer.c liballoc.a -lpthread */\n"
		      "#include <stdio.h>\n#include <linux/err.h>\n#include <linux/gfp.h>\n"
		      "#include <linux/mm.h>\n#include <linux/sched/mm.h>\n#include <linux/slab.h>\n"
		      "#include <linux/string.h>\n#include <linux/vmalloc.h>\n"
		      "#include \"alloc/sim.h\"\n\n"
		      "static int failed;\n\n"
		      "#define EXPECT(condition)                                               \\\n"
		      "\tdo {                                                            \\\n"
		      "\t\tif (!(condition)) {                                     \\\n"
		      "\t\t\tprintf(\"line %d: not so: %s\\n\", __LINE__, #condition); \\\n"
		      "\t\t\tfailed = 1;                                     \\\n"
		      "\t\t}                                                       \\\n"
		      "\t} while (0)\n\n", out);
		kmc_code_helpers(&code);
		fputs("static void reproduce(void)\n{\n", out);
		kmc_code_body(&code);
		fputs("}\n\n", out);
		print_main(out, &code.program.machine, code.f->key);
	}
	kmc_code_end(&code);
	return ret;
}
