"""Digits in Spark: `python with_spark.py pictures/ answers/`."""

import sys
from collections.abc import Iterator
from functools import partial

import pandas as pd
from pyspark.sql import SparkSession
from pyspark.sql.functions import pandas_udf

from digits import load
from digits.errors import DigitsError


@pandas_udf("digit int, score double")
def classify(batches: Iterator[pd.Series]) -> Iterator[pd.DataFrame]:
    """Read the pictures of batches: -1 stands for a file that cannot be read."""
    reader = load()  # once for each partition
    for batch in batches:
        found = reader.many(partial(bytes, picture) for picture in batch)
        rows = [
            (-1, 0.0) if isinstance(each, DigitsError) else (each.digit, each.digit_score) for each in found
        ]
        yield pd.DataFrame(rows, columns=["digit", "score"])


if __name__ == "__main__":
    spark = SparkSession.builder.config("spark.sql.execution.arrow.maxRecordsPerBatch", 64).getOrCreate()
    pictures = spark.read.format("binaryFile").load(sys.argv[1])
    answers = pictures.select("path", classify("content").alias("answer")).select("path", "answer.*")
    answers.write.parquet(sys.argv[2])
