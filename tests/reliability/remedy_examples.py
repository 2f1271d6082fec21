"""Remedies that tests offer to steps: a gate, a strict one, and a person to fall back on."""

from coordination_gap.reliability import Gate, Step

GATE = Gate(0.9, 0.02, cost=0.002, seconds=1)
STRICT = Gate(0.97, 0.05, cost=0.02, seconds=3)
PERSON = Step("person", 0.99, cost=1.5, seconds=600)
