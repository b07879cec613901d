"""Digits in Spark: `python with_spark.py pictures/ answers/`."""

import sys
from collections.abc import Iterator
from functools import partial

import pandas as pd
from pyspark.sql import SparkSession

from digits import load
from digits.errors import DigitsError


def classify(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Read the pictures of batches: -1 stands for a file that cannot be read."""
    reader = load()  # once for each partition
    for batch in batches:
        found = reader.many(partial(bytes, picture) for picture in batch.pop("content"))
        batch["digit"] = [-1 if isinstance(each, DigitsError) else each.digit for each in found]
        batch["score"] = [0.0 if isinstance(each, DigitsError) else each.digit_score for each in found]
        yield batch


if __name__ == "__main__":
    spark = SparkSession.builder.config("spark.sql.execution.arrow.maxRecordsPerBatch", 64).getOrCreate()
    pictures = spark.read.format("binaryFile").load(sys.argv[1]).select("path", "content")
    pictures.mapInPandas(classify, "path string, digit int, score double").write.parquet(sys.argv[2])
