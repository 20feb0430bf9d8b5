"""How a reader is addressed: as the request says, else by seniority, else by industry."""

import re

from app.followups.types import LeadContext, Tone

_REQUESTED: tuple[tuple[Tone, str], ...] = (
    (Tone.TECHNICAL, r"technical|engineer|developer"),
    (Tone.FORMAL, r"formal(?!ly)|executive|official|respectful"),
    (Tone.FRIENDLY, r"friendly|warm|casual|informal|helpful|relaxed|conversational|empath\w+|personal"),
    (Tone.PROFESSIONAL, r"professional|business|consultative|neutral|direct|confident|persuasive"),
)
# "Assistant to the CEO" is not the CEO; "Account Executive" leads nobody.
_NOT_SENIOR = re.compile(
    r"\b(?:assistant|secretary|intern|trainee|to the|pa to|ea to|account executive)\b", re.IGNORECASE
)
_SENIORITY: tuple[tuple[Tone, str], ...] = (
    (Tone.FORMAL, r"c[efoi]o|chief|managing director|president (?:and|&)"),
    (Tone.PROFESSIONAL, r"vice[ -]president|s?e?vp|directors?|head|directeur|direktor|leiter\w*|principal|partner"),
    (
        Tone.FORMAL,
        r"c[tmrpd]o|c[dh]ro|cso|ciso|president|chair\w*|owner|(?:co-?)?founder|gesch(?:ä|ae)ftsf\w+|pdg|minister|judge",
    ),
    (Tone.FRIENDLY, r"manag\w+|supervisor|lead|coordinator"),
    (Tone.TECHNICAL, r"engineer\w*|developer|architect|devops|sre|sysadmin|administrator|programmer|scientist|analyst"),
    (Tone.TECHNICAL, r"technician|specialist|technical|data|it|entwickler\w*|ingenieur\w*|technology"),
)
_INDUSTRIES: tuple[tuple[Tone, str], ...] = (
    (Tone.FORMAL, r"government\w*|public sector|legal|law|banking|banks?|judicial|defen[cs]e|military"),
    (Tone.PROFESSIONAL, r"financ\w*|insurance|accounting|consult\w+|health\w*|pharma\w*|medical|hospital\w*|audit\w*"),
)


def tone_for(lead: LeadContext) -> Tone:
    """`tone_required`, else the job title (C-level formal, VP/director professional, manager friendly, specialist
    technical), else the industry, else friendly."""
    return (
        _first(_REQUESTED, (lead.tone_required or "").replace("_", " "))
        or _by_title(lead.job_title or "")
        or _first(_INDUSTRIES, lead.lead_industry or "")
        or Tone.FRIENDLY
    )


def _by_title(title: str) -> Tone | None:
    if _NOT_SENIOR.search(title):
        return Tone.FRIENDLY
    return _first(_SENIORITY, title)


def _first(table: tuple[tuple[Tone, str], ...], text: str) -> Tone | None:
    return next((tone for tone, words in table if re.search(rf"\b(?:{words})\b", text, re.IGNORECASE)), None)
