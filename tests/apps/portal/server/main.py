from flask import Flask
from greeting import WORDS

app = Flask(__name__)


@app.get("/")
def index():
    return WORDS
