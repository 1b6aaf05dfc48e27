"""What mail systems and programs write into mails, by which they are known."""

import re

MAIL_SYSTEMS = re.compile(
    r"^(mailer[-_. ]?daemon|postmaster|mail[-_. ]?delivery|maildaemon|mdaemon|bounces?"
    r"|microsoftexchange[0-9a-f]{8,})\b",
    re.I,
)
NOBODY = re.compile(
    r"(^|[-_.+])(no[-_.]?reply|do[-_.]?not[-_.]?reply)([-_.+\d]|$)"
    r"|^(notifications?|alerts?|news(letter)?|automated|auto[-_.]?confirm|cron|nagios|root|daemon"
    r"|www-data|apache|system|robot|bot)([-_+\d]|$)",
    re.I,
)
NOTIFIES = re.compile(r"^(notifications?|alerts?|nagios|cron|root)([-_+\d]|$)", re.I)
AWAY = (
    r"(auto(mati[csk]\w*)?[-\s]?(re(ply|sponse|spond|spuesta)|antwort|svar|odpowied\w*|odpov\w*)"
    r"|out[-\s]of[-\s]?(the[-\s]?)?office(\s*auto\s?reply)?|vacation (reply|message)"
    r"|abwesenheits(notiz|nachricht|mitteilung|assistent)|automatische antwort"
    r"|r[ée]ponse automatique|absence du bureau|respuesta autom[aá]tica|fuera de la oficina"
    r"|risposta automatica|fuori (sede|ufficio)|resposta autom[aá]tica|automatisch antwoord"
    r"|afwezigheidsbericht|autosvar|fr[aå]nvaromeddelande|автоответ|自動応答|自动回复)"
)
# Somebody who is away, in words nobody else begins with; what a person writes of such a reply
# ("Auto reply does not work") goes on in a sentence.
IS_AWAY = re.compile(rf"^\W*{AWAY}\s*([:：(\[]|[-–—]\s|until\b|till\b|bis\b|jusqu|$)", re.I)
# The same, and what acknowledges a mail, where a header already tells of a machine.
SOUNDS_AWAY = re.compile(
    rf"^\W*(re:\s*)?(\[[^\]]*\]\s*)?({AWAY}|ooo\b|away from (the office|my mail)"
    r"|on (vacation|leave)|abwesen\w*|absence|afwezig\w*|fr[aå]nvaro\w*"
    r"|thank you for (your|contacting)|your (e-?mail|message) (has been|was) received"
    r"|(we )?(have )?received your)",
    re.I,
)
BOUNCE_SUBJECT = re.compile(
    r"undeliver|delivery (status|failure|has failed|warning)|mail (delivery|error)|failed mail"
    r"|returned (mail|to sender)|non[-\s]?delivery|failure noti|could ?n.t be delivered"
    r"|could not be delivered|error during delivery|unzustellbar|nicht zugestellt|non remis"
    r"|message you sent|retourn|non[-\s]?d[eé]livr|devuelto|mancat[ao] (consegna|recapito)",
    re.I,
)
DELAY_SUBJECT = re.compile(r"delay|warning|still being|verz[öo]ger|retard", re.I)
REPLY_SUBJECT = re.compile(
    r"^\s*(re|aw|antw|sv|vs|r[eé]f|ris|odp|res|ynt|回复|答复|返信)(\s*\[\d+\])?\s*[:：]", re.I
)
FORWARD_SUBJECT = re.compile(
    r"^\s*(fwd?|wg|tr|rv|i|vb|doorst|pd|enc|iml|vl|fs|转发|転送)(\s*\[\d+\])?\s*[:：]", re.I
)
FORWARDED = re.compile(
    r"^[ \t]*(?:>[ \t]*)?-{2,}[ \t]*(forwarded message|original message|weitergeleitete nachricht"
    r"|urspr[üu]ngliche nachricht|message transf[eé]r[eé]|mensaje reenviado|messaggio inoltrato"
    r"|doorgestuurd bericht|vidarebefordrat|пересылаемое сообщение)\b.*$"
    r"|^[ \t]*begin forwarded message:[ \t]*$|^[ \t]*anfang der weitergeleiteten nachricht:[ \t]*$"
    r"|^[ \t]*d[eé]but du message (r[eé]exp[eé]di[eé]|transf[eé]r[eé])[ \t]*:[ \t]*$",
    re.I | re.M,
)
QUOTED = re.compile(r"^.{0,200}[:：][ \t]*\n([ \t]*\n)?[ \t]*>", re.M)
# "From: kim@example.com" and "Sent: …" below each other, in whatever language.
QUOTED_HEAD = re.compile(r"^[ *]*\w{2,12}[ *]*:[ *].{0,200}@.*\n[ *]*\w{2,12}[ *]*:[ *]", re.M)
LEAVE = re.compile(
    r"to (unsubscribe|opt[- ]?out|stop receiving)\b.{0,40}(click|visit|go to|follow|reply|send|use)"
    r"|(click|tap) (here|below).{0,20}\bto (unsubscribe|opt)|wish(es)? to be removed from"
    r"|unsubscribe( here| now| from this (list|newsletter)| link| instantly)?[\s:<(\[|]*https?://"
    r"|^[^\w\n]{0,9}unsubscribe[^\w\n]{0,9}$|cancel your subscription"
    r"|manage (your )?(e-?mail )?(preferences|subsc\w+)"
    r"|um sich (vom newsletter )?abzumelden|newsletter (abbestellen|abmelden)|se d[eé]sabonner"
    r"|se d[eé]sinscrire|darse de baja|annulla l.iscrizione"
    r"|view (this|it) (e?-?mail )?in (your|a) browser",
    re.I | re.M,
)
# What a program says of its own mail; people say it only in what they quote.
SAYS_MACHINE = re.compile(
    r"^[^\w\n]{0,9}(this is an automat(ed|ic(ally generated)?) (e-?mail|message|notification|reply)"
    r"|(please )?do not (reply|respond) to this (e-?mail|message)"
    r"|this (e-?mail|message) (was|is|has been) (sent |generated )?automatically"
    r"|dies(e|er|es)? (ist eine|e-?mail wurde|nachricht wurde) automatisch)",
    re.I | re.M,
)
LINK = re.compile(r"https?://", re.I)
