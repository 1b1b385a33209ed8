"""Write a tiny random Qwen3 with its tokenizer: python tiny_model.py DIRECTORY [VOCABULARY]."""

import os
import sys

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def make_tokenizer():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1024,
        special_tokens=["<|end|>", "<|user|>", "<|assistant|>", "<|system|>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(["the quick brown fox jumps over the lazy dog"], trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>", pad_token="<|end|>")
    fast.chat_template = CHAT_TEMPLATE
    return fast


def make_model(vocabulary):
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=vocabulary,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=32,
        max_position_embeddings=8192,
        tie_word_embeddings=True,
        eos_token_id=0,
        bos_token_id=0,
        pad_token_id=0,
    )
    return Qwen3ForCausalLM(config).to(torch.bfloat16)


def main():
    directory = sys.argv[1]
    tokenizer = make_tokenizer()
    tokenizer.save_pretrained(directory)
    # no more rows than tokens unless asked for, so that every sampled token has text
    vocabulary = int(sys.argv[2]) if len(sys.argv) > 2 else len(tokenizer)
    make_model(vocabulary).save_pretrained(directory)
    for name in os.listdir(directory):
        # save_pretrained keeps the weights to their owner; the server is another user
        os.chmod(os.path.join(directory, name), 0o644)
    os.chmod(directory, 0o755)


if __name__ == "__main__":
    main()
