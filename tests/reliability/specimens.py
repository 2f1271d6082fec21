"""Pipeline files for the tests, and what is said of one that is wrong."""

from textwrap import dedent

import pytest
import yaml

from coordination_gap import paths
from coordination_gap.reliability import yaml_tree
from coordination_gap.reliability.parts import Step
from coordination_gap.reliability.pipeline import Pipeline
from coordination_gap.reliability.specification import (
    SpecificationError,
    pipeline_from_yaml,
)

EXAMPLES = sorted((paths.root() / "pipelines").glob("*.yml"))
SIMPLE = Pipeline([Step("lookup", 0.97)])
LOADERS = [yaml.SafeLoader, yaml_tree.LOADER]

RICH = """\
steps:
  - name: lookup
    success: 0.97
    attempts: 3
    gate: {detection: 0.9, false_alarm: 0.02, seconds: 0.5}
    fallback:
      name: policy
      voters:
        - name: a
          success: 0.9
        - name: b
          success: 0.9
      needed: 2
  - name: route
    ways:
      - probability: 0.25
        steps:
          - name: answer
            success: 0.5
            backoff_seconds: 1.0e-05
      - probability: 0.75
common_cause: 0.1
"""


def message(text: str) -> str:
    with pytest.raises(SpecificationError) as caught:
        pipeline_from_yaml(dedent(text), "x.yml")
    return str(caught.value)
