"""Measure a base model on evidence of companies that it never saw."""

import sys
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Annotated

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer

from scripts.terminal import errors_as_sentences, say


def main(  # noqa: PLR0913 - the flags
    run: Annotated[Path, typer.Option(help="Folder of a run of pretrain_base.py; its newest checkpoint is measured.")],
    documents: Annotated[Path, typer.Option(help="Folder of documents that hold the evidence.")],
    held_out: Annotated[
        bool, typer.Option(help="Use only the documents that training on the folder left out.")
    ] = False,
    count: Annotated[int, typer.Option(help="How many messages.")] = 200,
    show: Annotated[int, typer.Option(help="How many messages are printed, drawn at random.")] = 0,
    export: Annotated[Path | None, typer.Option(help="Also write the model here, as a Hugging Face folder.")] = None,
    notice: Annotated[str, typer.Option(help="Names and licences of the prose, for the model card.")] = "",
    seed: Annotated[int, typer.Option(help="Draws the leads and the sentences.")] = 7,
) -> None:
    from app.settings import load_settings
    from app.training.corpus.examples import Corpus
    from app.training.corpus.prose import prose_of, read_prose
    from app.training.pretraining.evaluation import evaluate, grounded
    from app.training.pretraining.model import save_model
    from app.training.pretraining.model_card import write_model_card
    from app.training.pretraining.run import load_newest, read_plan

    with errors_as_sentences():
        model, tokenizer, progress = load_newest(run)
        prose = read_prose(documents)
        texts = prose.held_out if held_out else (*prose.sentences, *prose.held_out)
        rules = load_settings().validation
        examples = grounded(Corpus(seed, rules, prose_of(texts), {"prose": 1}), count)
        quality, messages = evaluate(model, tokenizer, examples, rules)
        if export:
            save_model(export, model, tokenizer)
            parameters = sum(parameter.numel() for parameter in model.parameters())
            write_model_card(export, read_plan(run), progress, parameters, quality, notice)
    say(f"{progress.tokens:,} tokens of training, {progress.seconds / 3600:.1f} hours; {len(texts)} sentences")
    for name, value in asdict(quality).items():
        say(f"{name:>18}  {value:.3f}" if isinstance(value, float) else f"{name:>18}  {value}")
    for number in Random(seed).sample(range(len(messages)), min(show, len(messages))):
        say(f"\n--- {examples[number].prompt}\n{messages[number]}")


if __name__ == "__main__":
    typer.run(main)
