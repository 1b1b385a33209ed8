// The cloud layer joins here; this entry exists so that what imports cdktf never stands in the main one.
export {};
