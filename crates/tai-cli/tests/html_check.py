"""Reads a report as a browser would and says what is wrong with it: tags that do not match, what runs or is loaded, links to nowhere. Prints what a reader sees."""
import sys
from html.parser import HTMLParser

EMPTY = {"meta", "rect", "br"}
ALLOWED = EMPTY | set(
    "html head title style body main article header section footer h1 h2 p ul ol li details summary table tr th td code pre span strong em small a svg g text".split()
)
ATTRIBUTES = set(
    "lang charset name content http-equiv class href id open viewbox role aria-label preserveaspectratio width height x y text-anchor".split()
)


class Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.links, self.wrong, self.seen = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in ALLOWED:
            self.wrong.append(f"tag {tag}")
        for name, value in attrs:
            if name not in ATTRIBUTES:
                self.wrong.append(f"attribute {name} of {tag}")
            if name == "id":
                self.ids.append(value)
            if name == "href":
                self.links.append(value)
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in EMPTY:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"end of {tag} at {self.getpos()}")

    def handle_comment(self, data):
        self.wrong.append("comment")

    def handle_data(self, data):
        if "style" not in self.open:
            self.seen.append(data)


page = Page()
page.feed(open(sys.argv[1], encoding="utf-8").read())
page.close()
page.wrong += [f"not closed: {tag}" for tag in page.open]
page.wrong += [f"id twice: {name}" for name in set(page.ids) if page.ids.count(name) > 1]
page.wrong += [f"link to {link}" for link in page.links if not link.startswith("#") or link[1:] not in page.ids]
print(" ".join(" ".join(page.seen).split()))
for what in page.wrong:
    print(what, file=sys.stderr)
sys.exit(bool(page.wrong))
