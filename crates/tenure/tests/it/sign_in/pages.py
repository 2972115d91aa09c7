"""A browser without scripts: it keeps cookies, fills forms in, and follows redirects."""

import base64
import html.parser

import requests


class Form:
    def __init__(self, action):
        self.action = action
        self.fields = {}


class Reader(html.parser.HTMLParser):
    """The forms of a page, its heading, and what it says is wrong."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.heading, self.wrong = [], "", ""
        self.within, self.open = None, False
        self.feed(text)

    def handle_starttag(self, tag, pairs):
        had = dict(pairs)
        if tag == "form":
            # What is hidden until a script shows it is not there for whoever has none.
            self.open = "hidden" not in had
            if self.open:
                self.forms.append(Form(had["action"]))
        elif tag == "input" and "name" in had and self.forms and self.open:
            self.forms[-1].fields[had["name"]] = had.get("value") or ""
        elif tag == "h1":
            self.within = "heading"
        elif had.get("role") == "alert" and "hidden" not in had:
            self.within = "wrong"

    def handle_endtag(self, tag):
        if tag in ("h1", "p"):
            self.within = None

    def handle_data(self, data):
        if self.within:
            setattr(self, self.within, getattr(self, self.within) + data)


class Browser:
    """Where it stops is `at`: a page of ours, or an address elsewhere, which it does not open."""

    def __init__(self, base, elsewhere=False):
        self.base, self.elsewhere = base, elsewhere
        self.session = requests.Session()
        self.at, self.page, self.status, self.text, self.headers = None, None, None, "", {}

    def open(self, url):
        return self._follow("GET", url, None)

    def send(self, action, **fields):
        """Sends the form with this action, with what it holds and with these fields."""
        form = next(form for form in self.page.forms if form.action == action)
        unknown = set(fields) - set(form.fields)
        assert not unknown, f"{action} has no {unknown}"
        return self._follow("POST", self.base + action, {**form.fields, **fields})

    def _follow(self, method, url, data):
        for _ in range(20):
            self.at = url
            if not self.elsewhere and not url.startswith(self.base + "/"):
                self.page = None
                return self
            got = self.session.request(method, url, data=data, allow_redirects=False, timeout=30)
            if not got.is_redirect:
                self.status, self.text, self.headers = got.status_code, got.text, got.headers
                self.page = Reader(got.text)
                return self
            method, data = "GET", None
            url = requests.compat.urljoin(url, got.headers["location"])
        raise AssertionError(f"redirects without end: {url}")

    def enrol(self, name, access_pass, password):
        """From the sign-in page to a first password."""
        self.send("/sign-in/pass", name=name, **{"pass": access_pass})
        assert not self.page.wrong, self.page.wrong
        return self.send("/sign-in/enrol", password=password, again=password)

    def password(self, name, password):
        return self.send("/sign-in/password", name=name, password=password)


def changed(fields, element="ds:DigestValue"):
    """The same response of SAML, but for a letter of the last of these: a digest that its signature covers."""
    xml = base64.b64decode(fields["SAMLResponse"]).decode()
    before, after = xml.rsplit(f"<{element}>", 1)
    xml = f"{before}<{element}>{'B' if after[0] == 'A' else 'A'}{after[1:]}"
    return {**fields, "SAMLResponse": base64.b64encode(xml.encode()).decode()}
