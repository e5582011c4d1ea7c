"""Writes the numbers that the tests of packages/baselines compare with. Run by maintainers only.

    python scripts/reference/baselines/make_baselines_fixtures.py packages/baselines/src/__fixtures__/baselines.json

Used: Python 3.11, numpy 2.4.6, scikit-learn 1.9.1.
"""

import json
import platform
import sys

import numpy as np
import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge

TEXTS = [
    "A quiet film, and a good one.",
    "Not a good film: a good idea, badly told.",
    "The idea is good. The film is not!",
    "Badly told, badly acted, badly lit",
    "Acted well and told well; it's a fine film",
    "ünnötig lang, ünnötig laut",
    "A fine idea that 2 actors tell well",
    "",
    "I",
    "The film_title says it all, and all of it is good",
]
UNSEEN = ["a good film film film", "nothing known", "Badly told IDEA"]


def tf_idf():
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    vectorizer.fit(TEXTS)
    terms = vectorizer.get_feature_names_out().tolist()
    rows = vectorizer.transform(TEXTS + UNSEEN).toarray().tolist()
    return {"texts": TEXTS, "unseen": UNSEEN, "terms": terms, "weights": vectorizer.idf_.tolist(), "rows": rows}


def linear(rng):
    x = np.where(rng.random((60, 12)) < 0.4, rng.normal(size=(60, 12)).round(3), 0.0)
    x[:, 3] *= 50  # of another size
    truth = rng.normal(size=12)
    y = (x @ truth / 20 + 0.7 + rng.normal(size=60)).round(3)
    has = y > np.quantile(y, 0.8)
    ridge = Ridge(alpha=1, solver="cholesky").fit(x, y)
    logistic = LogisticRegression(C=1, class_weight="balanced", tol=1e-10, max_iter=100_000).fit(x, has)
    return {
        "x": x.tolist(),
        "y": y.tolist(),
        "has": has.tolist(),
        "ridge": [*ridge.coef_.tolist(), float(ridge.intercept_)],
        "logistic": [*logistic.coef_[0].tolist(), float(logistic.intercept_[0])],
    }


def main(path):
    rng = np.random.Generator(np.random.PCG64(1))
    fixture = {
        "versions": {
            "python": platform.python_version(),
            **{m.__name__: m.__version__ for m in (np, sklearn)},
        },
        "tfIdf": tf_idf(),
        "linear": linear(rng),
    }
    with open(path, "w", encoding="utf-8") as file:
        file.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in fixture.items()) + "\n}\n")


main(sys.argv[1])
