"""Frozen types that pass between the stages of a follow-up, a file for each stretch of the way.

FollowupRequest -> LeadContext -> Strategy -> Evidence -> Prompt -> Draft -> GroundingReport -> ValidationReport
-> response body

They import nothing else of the product. The request type belongs to the HTTP edge, the grounding report to
`grounding.types`.
"""

from app.followups.types.drafts import ChatTurn, Draft, Prompt
from app.followups.types.evidence import BlockKind, Evidence, EvidenceItem, Scope, Span, Withdrawn
from app.followups.types.judgement import Scores, ValidationReport, Violation
from app.followups.types.lead import LeadContext, Sender, Task, ThreadMessage
from app.followups.types.options import GenerationOptions, GeneratorName, RetrievalOptions
from app.followups.types.strategy import EdgeCase, IntentBand, Need, NeedRole, Strategy, Tone, Topic

__all__ = [
    "BlockKind",
    "ChatTurn",
    "Draft",
    "EdgeCase",
    "Evidence",
    "EvidenceItem",
    "GenerationOptions",
    "GeneratorName",
    "IntentBand",
    "LeadContext",
    "Need",
    "NeedRole",
    "Prompt",
    "RetrievalOptions",
    "Scope",
    "Scores",
    "Sender",
    "Span",
    "Strategy",
    "Task",
    "ThreadMessage",
    "Tone",
    "Topic",
    "ValidationReport",
    "Violation",
    "Withdrawn",
]
