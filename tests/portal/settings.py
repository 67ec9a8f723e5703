"""The portal's settings for tests: a database in memory, quick password hashes, no compressed files."""

import os
import tempfile

os.environ.setdefault("RASANA_DEMO", "1")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser's driver leaves its loop behind in a worker
os.environ.setdefault("RASANA_DATA", tempfile.mkdtemp(prefix="rasana-office-"))

from rasana.portal.base.messages import compile_all
from rasana.portal.site.settings import *  # noqa: F403
from rasana.portal.site.settings import MIDDLEWARE as OFFICE

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
MIDDLEWARE = [each for each in OFFICE if "whitenoise" not in each]

compile_all()  # before Django reads the catalogues for the first time
