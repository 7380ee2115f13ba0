"""The web application as gunicorn loads it, once in each of its workers."""

from threading import Thread

from lrs_stats.app import create_app
from lrs_stats.dashboard.views import prepare
from lrs_stats.logs import configure
from lrs_stats.settings import load

configure()
application = create_app(load())
Thread(target=prepare, args=(application,), daemon=True).start()
