"""Saves a small scikit-learn model in MLflow's format: argument 1 is the folder."""

import sys

import mlflow.sklearn
import pandas
from sklearn.linear_model import LogisticRegression

rows = [[i % 7, (i * 3) % 11 / 10] for i in range(200)]
inputs = pandas.DataFrame(rows, columns=["length", "share"])
labels = [int(length + 4 * share > 5) for length, share in rows]
model = LogisticRegression().fit(inputs, labels)
mlflow.sklearn.save_model(model, sys.argv[1], input_example=inputs.head(2), pyfunc_predict_fn="predict_proba")
