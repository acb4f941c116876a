"""Documents as people write them are loaded without PyYAML and validated without pydantic."""

from __future__ import annotations

import pytest
import yaml

from dlm_git.document import models
from dlm_git.document.frontmatter import frontmatter_from_model, plain_frontmatter
from dlm_git.document.yaml_plain import load_plain

FRONTMATTERS = {
    "every block": """\
dlm_id: 01M8B6GCZCA9ZWD2FSK99B3SV1
dlm_version: 15
base_model: qwen2.5-coder-1.5b   # the smallest that fits
training:
  adapter: qlora            # lora | qlora | dora
  lora_r: 16
  lora_alpha: 32
  lora_dropout: 0.05
  target_modules: [q_proj, v_proj]
  sequence_len: 4096
  micro_batch_size: auto
  grad_accum: 4
  learning_rate: 2e-4
  num_epochs: 5
  optimizer: paged_adamw_8bit
  lr_scheduler: linear
  warmup_ratio: 0.1
  seed: 7
  precision: bf16
  preference:
    enabled: true
    method: orpo
    hyperparams:
      beta: 0.2
      learning_rate: 5.0e-6
  cpt: {schedule: dapt, embed_warmup_steps: 0}
  cache: {enabled: false}
  audio:
    auto_resample: false

  sources_policy: strict
  sources:
    # the package
    - path: .
      include: ["src/**", docs/*.md]
      exclude:
        - "*.csv"
        - '**/fixtures/**'
      max_files: 100
      max_bytes_per_file: null
export:
  default_quant: Q4_K_M
  default_temperature: 0.2
  default_top_p: 0.95
system_prompt: |
  You are a helper for this repository: be brief.

    - No small talk — ever.  # not a comment
""",
    "several adapters": """\
dlm_id: "01KPKXHZNKKQW29234VSCMT2G1"
base_model: "hf:org/name"
dlm_version: 15
system_prompt: Answer in the author's voice, and don't explain.
training:
  num_epochs: 2
  seed: 42
  adapters:
    tone: {lora_r: 4, learning_rate: 1.0e-4}
    facts:
      adapter: lora
      target_modules: auto
      lora_alpha: 32
  gate:
    enabled: true
    steps: 300
    lr: 3e-4
  sources:
  - {path: src, include: ["**/*.py"]}
  - path: ./docs
    exclude: []
""",
    "an old version": """\
dlm_id: 01KPPJZWBDF5J1SQ9BCFNFCASP
dlm_version: 1
base_model: qwen2.5-coder-1.5b
system_prompt: |-
  You explain regular expressions in plain language.
training:
  learning_rate: 0.0002
  num_epochs: 3
""",
}


@pytest.mark.parametrize("text", FRONTMATTERS.values(), ids=FRONTMATTERS)
@pytest.mark.parametrize("end", [None, -1])
def test_a_document_is_plain_with_the_values_of_pydantic(text: str, end: int | None) -> None:
    text = text[:end]
    value = load_plain(text)
    assert value is not None
    assert repr(value) == repr(yaml.safe_load(text))
    full = models.validate_frontmatter(value, 15, 15)
    assert isinstance(full, models.Frontmatter)
    assert repr(plain_frontmatter(value)) == repr(frontmatter_from_model(full))
