"""Command that trains the weights of the German understanding."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="Folder of JSON lines with text and rating."
)
@click.option(
    "--gold",
    "gold",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    required=True,
    help="Annotated JSON lines; may be given several times.",
)
@click.option(
    "--texts",
    "own",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help="The project's own annotated texts, which do not tune thresholds; default: training/texts/goods_*.jsonl.",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder for weights.npz.")
def train(data: Path | None, gold: tuple[Path, ...], own: tuple[Path, ...], out: Path) -> None:
    """Train the weights on annotated texts and on texts with star ratings; the same texts give the same weights."""
    import numpy as np

    from nlp.crossval import own_texts
    from nlp.train import read_corpus, train_arrays, write_weights
    from nlp.train_texts import read_labelled, read_stars, without

    labelled = read_labelled(gold, own=False) + read_labelled(list(own) or own_texts(), own=True)
    stars = without(read_stars(data) if data else [], [text.gold.text for text in labelled], [])
    click.echo(f"{len(labelled)} annotated and {len(stars)} rated texts")
    corpus = read_corpus(labelled, stars)
    everything = np.ones(len(corpus.labelled), np.bool_), np.ones(len(corpus.stars), np.bool_)
    path = write_weights(train_arrays(corpus, *everything, report=click.echo), out)
    click.echo(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
