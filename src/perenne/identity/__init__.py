"""The single customer view: which records of all sources are which customer."""

from perenne.identity.account import IdentityAccount, Unused
from perenne.identity.attributes import CLICKS, VISITS, AccountSettings, AcquisitionSettings
from perenne.identity.clusters import components
from perenne.identity.decisions import Decision, Word, from_lines, standing, to_line
from perenne.identity.evidence import evidence_words, field_words, rule_words
from perenne.identity.finding import Directory
from perenne.identity.identifiers import masked, phone_spellings
from perenne.identity.jobs import Newcomers, Settled, identify, newcomers, resolve
from perenne.identity.missing import Likely, Missed
from perenne.identity.resolving import Before, Resolved, Task
from perenne.identity.settings import IdentitySettings
from perenne.identity.tables.relation import REFUSING, refused_since
from perenne.identity.thresholds import Threshold, choose

__all__ = [
    "CLICKS",
    "REFUSING",
    "VISITS",
    "AccountSettings",
    "AcquisitionSettings",
    "Before",
    "Decision",
    "Directory",
    "IdentityAccount",
    "IdentitySettings",
    "Likely",
    "Missed",
    "Newcomers",
    "Resolved",
    "Settled",
    "Task",
    "Threshold",
    "Unused",
    "Word",
    "choose",
    "components",
    "evidence_words",
    "field_words",
    "from_lines",
    "identify",
    "masked",
    "newcomers",
    "phone_spellings",
    "refused_since",
    "resolve",
    "rule_words",
    "standing",
    "to_line",
]
