"""Engineering of the supply of one estate. Pure: arrays in, arrays out; no files but its own tables, no clock."""

from rasana.planning.kernel_cache import keep_kernels_fresh

keep_kernels_fresh()
