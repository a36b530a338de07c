"""Files in: recognise an export, type it into staged tables, refuse rows into quarantine."""

from perenne.sources.channels import default_channel_rules
from perenne.sources.context import ChannelRule, DateOrder, DecimalMark, ReadContext
from perenne.sources.layout import Layout
from perenne.sources.presets import Preset, preset, preset_names
from perenne.sources.recognise import recognise
from perenne.sources.recognition import Question, Recognition
from perenne.sources.refusals import Refusal, refusals
from perenne.sources.stage import stage
from perenne.sources.staged import Control, StagedFile, TableCount

__all__ = [
    "ChannelRule",
    "Control",
    "DateOrder",
    "DecimalMark",
    "Layout",
    "Preset",
    "Question",
    "ReadContext",
    "Recognition",
    "Refusal",
    "StagedFile",
    "TableCount",
    "default_channel_rules",
    "preset",
    "preset_names",
    "recognise",
    "refusals",
    "stage",
]
