"""All settings; what differs between installations is environment (docs/configuration.md)."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

from shipops import content_policy, embedded_postgres, env
from shipops.theme import CONSOLE_THEME

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var"))).resolve()

# --- What runs: embedded (private PostgreSQL, development defaults) or a server of one's own -----

DATABASE_URL = env.text("DATABASE_URL")
EMBEDDED = not DATABASE_URL
DEBUG = env.boolean("DEBUG", default=EMBEDDED)

SECRET_KEY = (
    env.text("SECRET_KEY") or env.kept_secret(VAR_DIR / "secret_key")
    if DEBUG
    else env.required(
        "SECRET_KEY",
        "with DEBUG off ShipOps starts only with a secret of its own (or set DEBUG=1 to try it "
        "out)",
    )
)
if len(SECRET_KEY) < 50 and not DEBUG:
    raise ImproperlyConfigured("SECRET_KEY must have at least 50 characters")
SECRET_KEY_FALLBACKS = env.names("SECRET_KEY_FALLBACKS")

SITE_URL = env.address(
    "SITE_URL",
    f"http://localhost:{env.integer('PORT', 8000, least=1)}" if DEBUG else "",
    schemes=("http", "https"),
    example="https://ops.example.com",
    why="mails need the address people reach this at",
).rstrip("/")
_site = urlsplit(SITE_URL)
_host = _site.hostname or ""
if ":" in _host:
    # An IPv6 address: the header Host has brackets around it, as the address has.
    _host = f"[{_host}]"
HTTPS = _site.scheme == "https"
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS") or (
    ["localhost", "127.0.0.1", "[::1]", _host] if DEBUG else [_host]
)
CSRF_TRUSTED_ORIGINS = [f"{_site.scheme}://{_site.netloc}"]

DATABASES = {
    "default": {
        **dj_database_url.parse(
            DATABASE_URL or embedded_postgres.database_url(VAR_DIR / "postgres"),
            conn_max_age=env.integer("DATABASE_CONN_MAX_AGE", 60),
            conn_health_checks=True,
        ),
    }
}
if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured("DATABASE_URL must point to PostgreSQL (postgres://…)")
# A server that vanishes without a farewell is noticed within a minute of silence, and not only when
# somebody waits for an answer. What DATABASE_URL says itself counts; local sockets need none of it.
_given: Any = DATABASES["default"].get("OPTIONS", {})
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 10,
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    **_given,
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.address(
    "REDIS_URL", schemes=("redis", "rediss", "unix"), example="redis://host:6379/0"
)
CACHES: dict[str, dict[str, Any]] = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "core_cache",
            # Past these a third is dropped whatever it is, limits on sign-in among it.
            "OPTIONS": {"MAX_ENTRIES": 20_000},
        }
    )
}
# The worker notes that it lives twice a second; nobody else needs to read that.
CACHES["worker"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}

# --- Applications ---------------------------------------------------------------------------------

INSTALLED_APPS = [
    "shipops.apps.ShipOpsConfig",
    "unfold.apps.BasicAppConfig",
    "shipops.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "django_q",
    "rest_framework",
    "drf_spectacular",
    "core.apps.CoreConfig",
    "clients.apps.ClientsConfig",
    "tickets.apps.TicketsConfig",
    "billing.apps.BillingConfig",
    "monitoring.apps.MonitoringConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "shipops.middleware.WholeBody",
    "shipops.middleware.ApiDirect",
    "shipops.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "shipops.middleware.StaffSecondFactor",
    "shipops.middleware.ViewerTimeZone",
    "shipops.middleware.PrivatePages",
]

ROOT_URLCONF = "shipops.urls"
WSGI_APPLICATION = "shipops.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Language, time, files ------------------------------------------------------------------------

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
OFFICE_TIME_ZONE = env.time_zone("OFFICE_TIME_ZONE", "Europe/Berlin")

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = VAR_DIR / "media"
S3_BUCKET = env.text("S3_BUCKET")
S3_ENDPOINT_URL = env.address(
    "S3_ENDPOINT_URL", schemes=("http", "https"), example="https://s3.example.com"
)
STORAGES = {
    "default": (
        {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": S3_BUCKET,
                "endpoint_url": S3_ENDPOINT_URL or None,
                "default_acl": None,
                "querystring_auth": True,
                "file_overwrite": False,
            },
        }
        if S3_BUCKET
        else {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    ),
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
ATTACHMENT_MAX_BYTES = env.integer("ATTACHMENT_MAX_MB", 10, least=1) * 1024 * 1024
ATTACHMENT_MAX_COUNT = env.integer("ATTACHMENT_MAX_COUNT", 8, least=1)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# A full page of the triage inbox has 200 boxes to tick. Too many files are refused by the form,
# which can say so beside the field.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 300
FILE_UPLOAD_PERMISSIONS = 0o640

# --- Mail and alerts ------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = env.required(
    "DEFAULT_FROM_EMAIL", "who do mails come from?", "ShipOps <ops@localhost>" if DEBUG else ""
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_SUBJECT_PREFIX = "[ShipOps] "
EMAIL_TIMEOUT = 15
EMAIL_FILE_PATH = VAR_DIR / "outbox"
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_URL = env.address(
    "EMAIL_URL",
    schemes=env.MAIL_PORTS,
    example="smtp+tls://user:password@host:587",
    why="" if DEBUG else "codes, answers and alerts go out by mail",
)
if EMAIL_URL:
    _mail = urlsplit(EMAIL_URL)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = _mail.hostname
    EMAIL_PORT = _mail.port or env.MAIL_PORTS[_mail.scheme]
    EMAIL_HOST_USER = env.unquoted(_mail.username)
    EMAIL_HOST_PASSWORD = env.unquoted(_mail.password)
    EMAIL_USE_SSL = _mail.scheme == "smtps"
    EMAIL_USE_TLS = _mail.scheme == "smtp+tls"
# Mail in: one address, behind whose plus stand those of projects and threads.
INBOUND_MAIL_ADDRESS = env.text("INBOUND_MAIL_ADDRESS")
INBOUND_MAIL_MAX_BYTES = env.integer("INBOUND_MAIL_MAX_MB", 25, least=1) * 1024 * 1024
INBOUND_MAIL_KEEP_DAYS = env.integer("INBOUND_MAIL_KEEP_DAYS", 90, least=1)
INBOUND_TRUSTED_AUTHSERV = env.text("INBOUND_TRUSTED_AUTHSERV")
IMAP_URL = env.address(
    "IMAP_URL", schemes=("imap", "imaps"), example="imaps://user:password@host/INBOX"
)
# Mail services that hand mail in; each posts with the secret (user:password) in its address.
INBOUND_MAIL_SERVICES = env.names("INBOUND_MAIL_SERVICES")
ANYMAIL = {
    "WEBHOOK_SECRET": env.text("INBOUND_WEBHOOK_SECRET"),
    "MAILGUN_WEBHOOK_SIGNING_KEY": env.text("MAILGUN_WEBHOOK_SIGNING_KEY"),
    "RESEND_INBOUND_SECRET": env.text("RESEND_INBOUND_SECRET"),
    "RESEND_API_KEY": env.text("RESEND_API_KEY"),
}
ALERT_WEBHOOK_URL = env.address(
    "ALERT_WEBHOOK_URL", schemes=("http", "https"), example="https://hooks.example.com/…"
)
ALERT_ESCALATION_MINUTES = env.integer("ALERT_ESCALATION_MINUTES", 15, least=1)
OUTBREAK_WINDOW_DAYS = env.integer("OUTBREAK_WINDOW_DAYS", 7, least=1, most=365)
SEMANTIC_DUPLICATES = env.boolean("SEMANTIC_DUPLICATES", default=False)

# --- Stripe ---------------------------------------------------------------------------------------

STRIPE_SECRET_KEY = env.text("STRIPE_SECRET_KEY")
STRIPE_WEBHOOK_SECRET = env.text("STRIPE_WEBHOOK_SECRET")
# The fake till of billing.sandbox, for whoever tries ShipOps out; never without DEBUG.
STRIPE_SANDBOX = DEBUG and not STRIPE_SECRET_KEY
_port = env.integer("PORT", 8000, least=1)
STRIPE_API_BASE = env.address(
    "STRIPE_API_BASE",
    f"http://127.0.0.1:{_port + 4111 if _port < 60000 else _port - 4111}"
    if STRIPE_SANDBOX
    else "https://api.stripe.com",
    schemes=("http", "https"),
    example="https://api.stripe.com",
).rstrip("/")
if STRIPE_SANDBOX:
    STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET = "sk_test_sandbox", "whsec_sandbox"

# --- Sign-in --------------------------------------------------------------------------------------

AUTH_USER_MODEL = "clients.User"
AUTHENTICATION_BACKENDS = ["clients.backends.GroupsBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
STAFF_SECOND_FACTOR = env.boolean("STAFF_SECOND_FACTOR", default=not DEBUG)
ACCOUNT_ADAPTER = "clients.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]  # sign-up is closed; this keeps passwords possible
ACCOUNT_FORMS = {"login": "clients.forms.LoginForm"}
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 8, "dashed": True}
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _site.scheme
MFA_ADAPTER = "clients.adapters.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = False
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG
MFA_TOTP_ISSUER = "ShipOps"
MFA_TOTP_TOLERANCE = 1
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = reverse_lazy("home")
LOGOUT_REDIRECT_URL = reverse_lazy("home")

# --- Work in the background -----------------------------------------------------------------------

Q_CLUSTER: dict[str, Any] = {
    "name": "shipops",
    "workers": env.integer("WORKERS", 2, least=1),
    "timeout": 120,
    "retry": 180,
    "max_attempts": 5,
    "ack_failures": True,
    "catch_up": False,
    # Locked and read again whenever a task is done.
    "save_limit": 100,
    "queue_limit": 50,
    "bulk": 1,
    "label": "Background work",
    "cache": "worker",
    **({"redis": REDIS_URL} if REDIS_URL else {"orm": "default", "poll": 0.5}),
}

# --- API ------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["core.api.json.JsonAnswer"],
    "DEFAULT_PARSER_CLASSES": ["core.api.json.JsonBody"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "core.api.json.JsonOnly",
    "EXCEPTION_HANDLER": "core.api.problems.handle_exception",
    "DEFAULT_SCHEMA_CLASS": "core.api.schema.ScopedSchema",
    "UNAUTHENTICATED_USER": None,
}
API_REQUESTS_PER_MINUTE = env.integer("API_REQUESTS_PER_MINUTE", 600, least=1)
# Of what comes from pages: how often, and how much work each report takes its browser.
WIDGET_REPORTS_PER_ADDRESS = env.integer("WIDGET_REPORTS_PER_ADDRESS", 30, least=1)
WIDGET_REPORTS_PER_KEY = env.integer("WIDGET_REPORTS_PER_KEY", 300, least=1)
WIDGET_REPORTS_PER_PROJECT = env.integer("WIDGET_REPORTS_PER_PROJECT", 600, least=1)
WIDGET_REQUESTS_PER_ADDRESS = env.integer("WIDGET_REQUESTS_PER_ADDRESS", 300, least=1)
WIDGET_PROOF_BITS = env.integer("WIDGET_PROOF_BITS", 13, most=24)
SPECTACULAR_SETTINGS = {
    "TITLE": "ShipOps API",
    "VERSION": "1",
    "DESCRIPTION": "File reports, read what became of them, and tell what was deployed.",
    "OAS_VERSION": "3.1.0",
    "SERVERS": [{"url": SITE_URL}],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "ReportState": "tickets.rules.states.ReportState",
        "TicketState": "tickets.rules.states.TicketState",
        "Kind": "tickets.rules.words.Kind",
        "Severity": "tickets.rules.words.Severity",
        "Priority": "tickets.rules.words.Priority",
        "SignalKind": "tickets.models.SignalKind",
    },
}

# --- Safety ---------------------------------------------------------------------------------------

SESSION_COOKIE_AGE = int(timedelta(days=30).total_seconds())
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = False
SECURE_SSL_REDIRECT = HTTPS and not DEBUG
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONSOLE_PREFIX = "/console/"
CONTENT_SECURITY_POLICY = {"DIRECTIVES": content_policy.EVERYWHERE}
CONSOLE_CSP_UPDATE = content_policy.IN_THE_CONSOLE
UNFOLD = CONSOLE_THEME

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"tokens": {"()": "core.tokens.TokenFilter"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["tokens"],
        }
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "django-q": {"handlers": ["console"], "level": "WARNING", "propagate": False},
    },
}
