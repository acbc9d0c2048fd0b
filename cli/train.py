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
@click.option(
    "--scheme",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Train for the labels of this file instead (docs/schemes.md); --data may hold any texts.",
)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder for what was trained."
)
def train(data: Path | None, gold: tuple[Path, ...], own: tuple[Path, ...], scheme: Path | None, out: Path) -> None:
    """Train the weights on annotated texts and on texts with star ratings; the same texts give the same weights."""
    if scheme and own:
        raise click.UsageError("--texts are annotated with our labels, --scheme names others")
    path = _train_scheme(scheme, gold, data, out) if scheme else _train_weights(gold, own, data, out)
    click.echo(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


def _train_weights(gold: tuple[Path, ...], own: tuple[Path, ...], data: Path | None, out: Path) -> Path:
    import numpy as np

    from nlp.crossval import own_texts
    from nlp.train import train_arrays, write_weights
    from nlp.train_corpus import read_corpus
    from nlp.train_texts import read_labelled, read_stars, without

    labelled = read_labelled(gold, own=False) + read_labelled(list(own) or own_texts(), own=True)
    stars = without(read_stars(data) if data else [], [text.gold.text for text in labelled], [])
    click.echo(f"{len(labelled)} annotated and {len(stars)} rated texts")
    corpus = read_corpus(labelled, stars, report=click.echo)
    everything = np.ones(len(corpus.labelled), np.bool_), np.ones(len(corpus.stars), np.bool_)
    return write_weights(train_arrays(corpus, *everything, report=click.echo), out)


def _train_scheme(scheme: Path, gold: tuple[Path, ...], data: Path | None, out: Path) -> Path:
    from nlp.scheme import read_scheme, read_scheme_gold
    from nlp.scheme_train import read_unlabelled, train_scheme, write_scheme_model

    labels = read_scheme(scheme)
    texts = [text for path in gold for text in read_scheme_gold(path, labels)]
    unlabelled = read_unlabelled(data, labels) if data else []
    click.echo(f"{len(texts)} annotated and {len(unlabelled)} other texts")
    return write_scheme_model(train_scheme(texts, labels, unlabelled, report=click.echo), out)
