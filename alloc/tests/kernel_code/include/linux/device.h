/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As much of a device as allocations on its behalf need: they go away with it. */
#pragma once
#include <linux/slab.h>

struct device;
struct device *root_device_register(const char *name);
void device_unregister(struct device *dev);
void *devm_kmalloc(struct device *dev, size_t size, gfp_t gfp);
void devm_kfree(struct device *dev, const void *p);

static inline void *devm_kzalloc(struct device *dev, size_t size, gfp_t gfp)
{
	return devm_kmalloc(dev, size, gfp | __GFP_ZERO);
}
