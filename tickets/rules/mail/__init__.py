"""What a mail is and says: pure decisions over its bytes (docs/mail.md)."""

from tickets.rules.mail.kinds import MailKind, failed_addresses, files_of, kind_of
from tickets.rules.mail.reading import Address, File, Mail, read_mail
from tickets.rules.mail.words import own_words

__all__ = [
    "Address", "File", "Mail", "MailKind", "failed_addresses", "files_of", "kind_of", "own_words",
    "read_mail",
]  # fmt: skip
