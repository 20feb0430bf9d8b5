"""Local generation: one text at a time, in batches, with an adapter, fused; on any model directory.

    python -m benchmarks.generation [--model DIR] [--adapter DIR] [--tokens 80] [--prompt 250] [--threads 2]

Without --model, a random one of the bundled model's shape. Every system writes the same number of tokens greedily from
the same prompts, the same texts several times over; rounds of all systems alternate, so that a busy machine slows all
of them. `generate` is transformers' own, one call after another, as a service without a batch would do; `paged` is its
continuous batching, the engine of `transformers serve`.
"""

import asyncio
import statistics
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, process_time
from typing import Annotated, Any

import torch
import typer
from rich.console import Console
from rich.table import Table
from transformers import AutoModelForCausalLM
from transformers.generation.configuration_utils import ContinuousBatchingConfig

from app.config_files import LocalModels, ValidationConfig
from app.language_models.base import DecodingRules
from app.language_models.jobs import Job, PromptRow
from app.language_models.local import LocalEngine
from app.language_models.row_adapters import BASE
from app.settings import load_settings
from benchmarks.random_models import random_adapter, random_base

_EVIDENCE = "The Professional plan costs $299 per month and onboarding takes 2-3 weeks; support answers in 4 hours. "
_VOICE_SHARE = 2
# Without these bounds it takes more than half of the memory.
_PAGES = ContinuousBatchingConfig(
    page_size=32, num_blocks=2048, max_batch_tokens=4096, max_requests_per_batch=64, use_async_batching=False
)


@dataclass
class Measured:
    """Seconds of each text; and of each round the seconds, the processor's seconds, and the tokens written."""

    texts: list[float] = field(default_factory=list)
    rounds: list[tuple[float, float, int]] = field(default_factory=list)

    @contextmanager
    def round(self) -> Iterator[Callable[[int], None]]:
        """Times a round, which calls what it is given with the number of tokens when it is over."""
        started, used = perf_counter(), process_time()
        yield lambda tokens: self.rounds.append((perf_counter() - started, process_time() - used, tokens))

    @property
    def tokens_per_second(self) -> float:
        return statistics.median(tokens / seconds for seconds, _, tokens in self.rounds)

    @property
    def processor_ms_per_token(self) -> float:
        """What other work on the machine does not change much."""
        return statistics.median(1000 * used / tokens for _, used, tokens in self.rounds)

    def percentile(self, share: float) -> float:
        """Seconds."""
        ordered = sorted(self.texts)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _reference(base: Path) -> Any:  # noqa: ANN401 - models of transformers have too many shapes
    model: Any = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    return model.eval()


class Bench:
    """One loaded engine, and the same weights under transformers' own loops."""

    def __init__(self, engine: LocalEngine, adapter: str, base: Path, tokens: int, prompt: int) -> None:
        self.engine = engine
        self.adapter = adapter
        # While continuous batching runs on a model, ordinary calls of it fail: one model for each.
        self.reference, self.paged = _reference(base), _reference(base)
        self.tokens = tokens
        self.prompt = prompt
        validation: ValidationConfig = load_settings(_env_file=None).validation
        self.rules = DecodingRules(
            sources=(_EVIDENCE * 20,),
            numerals=tuple(map(str, validation.allowed_call_minutes)),
            phrases=(*validation.banned_phrases, *validation.pressure_phrases),
            names=("AI Billing Software", "Professional"),
        )

    def ids(self, number: int, length: int) -> tuple[int, ...]:
        """A prompt of random tokens, the same for the same number."""
        generator = torch.Generator().manual_seed(number)
        return tuple(torch.randint(300, 3000, (length,), generator=generator).tolist())

    async def batched(self, number: int, adapter: str = BASE, rules: DecodingRules | None = None) -> int:
        return await self._write((PromptRow(self.ids(number, self.prompt), adapter),), 1.0, rules)

    async def voice(self, number: int) -> int:
        row = PromptRow(self.ids(number, self.prompt // _VOICE_SHARE), self.adapter)
        return await self._write((row,), 1.0, self.rules)

    async def hybrid(self, number: int) -> int:
        voice = PromptRow(self.ids(number, self.prompt // _VOICE_SHARE), self.adapter)
        return await self._write((PromptRow(self.ids(number, self.prompt), BASE), voice), 0.6, self.rules)

    async def two_drafts(self, number: int) -> int:
        """What a server without logits needs instead of fusion: both drafts, one after the other."""
        return await self.batched(number, rules=self.rules) + await self.voice(number)

    async def _write(self, rows: tuple[PromptRow, ...], weight: float, rules: DecodingRules | None) -> int:
        job = Job(rows, 0.0, self.tokens, 0, weight, rules)
        return (await self.engine.write(job, 600)).completion_tokens or 0

    def generate(self, number: int) -> int:
        ids = torch.tensor([self.ids(number, self.prompt)])
        with torch.inference_mode():
            out = self.reference.generate(
                input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False, pad_token_id=0,
                max_new_tokens=self.tokens, min_new_tokens=self.tokens,
            )  # fmt: skip
        return int(out.shape[1]) - self.prompt


async def at_once(call: Callable[[int], Awaitable[int]], concurrency: int, texts: int, into: Measured) -> None:
    """`texts` texts by `concurrency` callers who each ask for the next when they have one."""
    numbers = iter(range(texts))
    written = 0

    async def caller() -> None:
        nonlocal written
        for number in numbers:
            started = perf_counter()
            count = await call(number)
            written += count
            into.texts.append(perf_counter() - started)

    with into.round() as finish:
        await asyncio.gather(*(caller() for _ in range(concurrency)))
        finish(written)


def one_by_one(call: Callable[[int], int], concurrency: int, texts: int, into: Measured) -> None:
    """The same demand on a system that writes one text at a time: the others wait for their turn."""
    started = perf_counter()
    ends = []
    with into.round() as finish:
        written = 0
        for number in range(texts):
            written += call(number)
            ends.append(perf_counter() - started)
        finish(written)
    into.texts += [end - (ends[place - concurrency] if place >= concurrency else 0) for place, end in enumerate(ends)]


def paged(bench: Bench, texts: int, into: Measured) -> None:
    """transformers' continuous batching over all texts at once."""
    prompts = [list(bench.ids(number, bench.prompt)) for number in range(texts)]
    with into.round() as finish:
        done = bench.paged.generate_batch(
            prompts,
            continuous_batching_config=_PAGES,
            max_new_tokens=bench.tokens,
            do_sample=False,
            eos_token_id=-1,
            warmup=False,
            persistent_manager=True,
        )
        finish(sum(len(output.generated_tokens) for output in done.values()))
    into.texts += [into.rounds[-1][0]] * texts


@contextmanager
def loaded(model: Path, adapter: Path, config: LocalModels) -> Iterator[tuple[LocalEngine, str]]:
    """An engine without an event loop of its own."""
    engine = LocalEngine(model, config)
    engine.start()
    asyncio.run(engine.ready())
    try:
        yield engine, asyncio.run(engine.load_adapter(adapter)).key
    finally:
        asyncio.run(engine.close())


def measure(bench: Bench, levels: list[int], rounds: int, *, with_paged: bool) -> dict[tuple[str, int], Measured]:
    found: dict[tuple[str, int], Measured] = {}

    def into(system: str, level: int) -> Measured:
        return found.setdefault((system, level), Measured())

    calls: dict[str, Callable[[int], Awaitable[int]]] = {
        "batched": bench.batched,
        "batched, grounded": lambda number: bench.batched(number, rules=bench.rules),
        "finetuned, grounded": bench.voice,
        "hybrid, grounded": bench.hybrid,
        "two drafts, grounded": bench.two_drafts,
    }
    for _ in range(rounds):
        for level in levels:
            texts = max(4, level)
            one_by_one(bench.generate, level, min(texts, 4 + level // 16), into("generate", level))
            for name, call in calls.items():
                asyncio.run(at_once(call, level, texts, into(name, level)))
            if with_paged:
                paged(bench, texts, into("paged", level))
    return found


def show(console: Console, found: dict[tuple[str, int], Measured]) -> None:
    table = Table("system", "at once", "tokens/s", "CPU ms/token", "CPU, x generate", "p50 ms", "p95 ms")
    for (system, level), measured in sorted(found.items(), key=lambda item: item[0][1]):
        used = measured.processor_ms_per_token
        ratio = found["generate", level].processor_ms_per_token / used
        latencies = (f"{1000 * measured.percentile(share):.0f}" for share in (0.5, 0.95))
        rate = f"{measured.tokens_per_second:.0f}"
        table.add_row(system, str(level), rate, f"{used:.2f}", f"{ratio:.2f}", *latencies)
    console.print(table)


def main(  # noqa: PLR0913 - each is a flag of the command line
    model: Annotated[Path | None, typer.Option(help="A causal model with safetensors.")] = None,
    adapter: Annotated[Path | None, typer.Option(help="A LoRA adapter for it.")] = None,
    tokens: Annotated[int, typer.Option(min=2, help="Tokens of each text.")] = 80,
    prompt: Annotated[int, typer.Option(min=8, help="Tokens of each prompt.")] = 250,
    levels: Annotated[str, typer.Option(help="Texts asked for at once.")] = "1,4,16,64",
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    threads: Annotated[int, typer.Option(min=1)] = 2,
    device: Annotated[str, typer.Option()] = "cpu",
    with_paged: Annotated[
        bool, typer.Option("--paged/--no-paged", help="transformers' continuous batching too.")
    ] = True,
) -> None:
    console = Console()
    torch.set_num_threads(threads)
    with tempfile.TemporaryDirectory() as folder:
        base = model or random_base(Path(folder) / "base")
        voice = adapter or random_adapter(base, Path(folder) / "voice")
        config = LocalModels(device=device, batch_rows=64, threads=threads)
        with loaded(base, voice, config) as (engine, key):
            bench = Bench(engine, key, base, tokens, prompt)
            found = measure(bench, [int(level) for level in levels.split(",")], rounds, with_paged=with_paged)
    show(console, found)


if __name__ == "__main__":
    typer.run(main)
