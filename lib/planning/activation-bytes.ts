/** Activations and logits are bfloat16 or float16. */
export const ACTIVATION_BYTES = 2;
