"""Where a reply ends and the mail it quotes begins."""

import re

# "On Tue, Anna wrote:" in the languages mail programs speak; bounded, so that a scan stays linear.
_INTRODUCTION = re.compile(
    r"""^[ \t]*(?:
        (?:On|Am|Le|El|Il|Op|Em|Den|Dnia|Dne)\b[^\n]{0,160}\n?[^\n]{0,100}
        (?:wrote|schrieb|a[ ]écrit|escribió|ha[ ]scritto|schreef|escreveu|skrev|napisał\w*|napsal\w*)[^\n]{0,20}:
      | -{2,}[ ]*(?:Original[ ]Message|Forwarded[ ]message|Ursprüngliche[ ]Nachricht|Message[ ]d'origine
          |Mensaje[ ]original|Messaggio[ ]originale|Mensagem[ ]original|Oorspronkelijk[ ]bericht)\b
      | _{8,}[ \t]*$
      | (?:From|Von|De|Da|Van)[ ]?:[^\n]{1,200}\n
        [ \t]*(?:Sent|Date|Gesendet|Datum|Envoyé|Enviado|Inviato|Data|Verzonden|To)[ ]?:
    )""",
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
_QUOTED_LINE = re.compile(r"^[ \t]*>[^\n]*$", re.MULTILINE)


def without_quoted_mail(text: str) -> str:
    """`text` (with its line ends) up to the mail it quotes, without lines that start with ">".

    A message that holds nothing but a quote is returned as it is.
    """
    match = _INTRODUCTION.search(text)
    own = _QUOTED_LINE.sub("", text[: match.start()] if match else text)
    return own if own.strip() else text
