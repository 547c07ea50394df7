/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which calls an alphabet has, and the machines of its shapes. */
#include "mutate/alphabet.h"

static bool listed(const uint16_t *codes, unsigned int code)
{
	for (; codes && *codes; codes++)
		if (*codes == code)
			return true;
	return false;
}

bool kmc_alphabet_has(const struct kmc_alphabet *alphabet, unsigned int code)
{
	const struct kmc_op_desc *desc = kmc_op_desc(code);

	if (!desc || listed(alphabet->never, code))
		return false;
	return alphabet->families >> desc->family & 1 || listed(alphabet->more, code);
}

size_t kmc_alphabet_codes(const struct kmc_alphabet *alphabet, uint16_t codes[KMC_OPCODE_END])
{
	unsigned int code;
	size_t nr = 0;

	for (size_t i = 0; (code = kmc_op_at(i)); i++)
		if (kmc_alphabet_has(alphabet, code))
			codes[nr++] = (uint16_t)code;
	return nr;
}

#define FRAMES_PER_MIB 256u

static uint64_t add_zone(struct kmc_machine *machine, unsigned int kind, unsigned int node,
			 uint64_t start, uint64_t frames)
{
	if (frames)
		machine->zones[machine->nr_zones++] = (struct kmc_zone){
			.kind = (uint8_t)kind, .node = (uint8_t)node,
			.start_pfn = start, .nr_pages = frames };
	return start + frames;
}

#define DMA_FIRST (8 * FRAMES_PER_MIB)
#define DMA_END   (16 * FRAMES_PER_MIB) /* as of a real machine */
#define PAGEBLOCK 512ull

/*
 * Small zones side by side. A real machine's Normal begins at 4 GiB; here all
 * zones of node 0 are of a size, so that each of them runs out within a program.
 */
void kmc_shape_machine(const struct kmc_shape *shape, struct kmc_machine *machine)
{
	uint64_t frames = shape->memory_mib * FRAMES_PER_MIB / shape->nodes & ~(PAGEBLOCK - 1);
	uint64_t movable = shape->movable ? frames / 4 & ~(PAGEBLOCK - 1) : 0;
	uint64_t at = DMA_END;

	kmc_machine_simple(machine, shape->cpus, (uint64_t)shape->memory_mib << 20);
	machine->options = shape->options;
	machine->nr_nodes = shape->nodes;
	machine->nr_zones = 0;
	if (shape->zones3)
		add_zone(machine, KMC_DMA, 0, DMA_FIRST, DMA_END - DMA_FIRST);
	for (unsigned int node = 0; node < shape->nodes; node++) {
		uint64_t rest = frames - movable;
		uint64_t low = shape->zones3 && !node ? rest / 2 & ~(PAGEBLOCK - 1) : 0;

		at = add_zone(machine, KMC_DMA32, node, at, low);
		at = add_zone(machine, KMC_NORMAL, node, at, rest - low);
		at = add_zone(machine, KMC_MOVABLE, node, at, movable);
	}
}
