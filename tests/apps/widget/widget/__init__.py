from flask import Flask

app = Flask(__name__)

from widget import views  # noqa: E402, F401
