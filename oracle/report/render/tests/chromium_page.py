#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Opens a page of kmconform report in headless Chromium and looks at it.

usage: chromium_page.py CHROMIUM PAGE.html [SCREENSHOT-FOLDER]

The page must say nothing on the console and ask for nothing but itself; every
finding can be reached by its link; Tab goes through the page in the order of
the document; nothing is wider than a phone; words stand out from what is behind
them; every graphic has a name; the embedded document is JSON; all of it but
sorting and filtering works without the script. Screenshots: light, dark, phone.
Speaks the DevTools protocol over a pipe: the standard library is enough.
"""
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile
import time


class Browser:
    """Chromium with a pipe for commands (its descriptor 3) and one for answers (4)."""

    def __init__(self, program, profile):
        to_read, to_write = os.pipe()
        from_read, from_write = os.pipe()
        shift = [f"exec 3<&{to_read} 4>&{from_write}; exec \"$@\"", "sh", program,
                 "--headless=new", "--remote-debugging-pipe", "--disable-gpu", "--hide-scrollbars",
                 "--no-first-run", "--disable-extensions", "--disable-background-networking",
                 "--disable-component-update", "--disable-dev-shm-usage",
                 f"--user-data-dir={profile}"]
        if os.geteuid() == 0:
            shift.append("--no-sandbox")
        self.process = subprocess.Popen(["sh", "-c"] + shift, pass_fds=(to_read, from_write),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(from_write)
        self.to, self.answers = to_write, from_read
        self.rest, self.number, self.events = b"", 0, []

    def receive(self, deadline):
        while b"\0" not in self.rest:
            if not select.select([self.answers], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError("Chromium does not answer")
            more = os.read(self.answers, 1 << 20)
            if not more:
                raise EOFError("Chromium ended")
            self.rest += more
        line, self.rest = self.rest.split(b"\0", 1)
        return json.loads(line)

    def call(self, method, session=None, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        left = json.dumps(message).encode() + b"\0"
        while left:
            left = left[os.write(self.to, left):]
        deadline = time.monotonic() + 120
        while True:
            answer = self.receive(deadline)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, event):
        deadline = time.monotonic() + 120
        while not any(e.get("method") == event for e in self.events):
            self.events.append(self.receive(deadline))

    def close(self):
        try:
            self.call("Browser.close")
        except (OSError, EOFError, TimeoutError, RuntimeError):
            pass
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Page:
    def __init__(self, browser, path):
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        self.url = pathlib.Path(path).resolve().as_uri()
        browser.events.clear()
        self.said = []
        self.load()

    def load(self, anchor=""):
        """Anew: nothing unfolded, sorted or focused. What it said is kept."""
        self.size(1280, 900, False)
        self.said += self.browser.events
        self.browser.events.clear()
        self.call("Page.navigate", url="about:blank")
        self.browser.wait_for("Page.loadEventFired")
        self.said += self.browser.events
        self.browser.events.clear()
        self.call("Page.navigate", url=self.url + anchor)
        self.browser.wait_for("Page.loadEventFired")

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def size(self, width, height, phone):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=2 if phone else 1, mobile=phone)

    def scheme(self, name):
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": name}])

    def run(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"in the page: {result['exceptionDetails']}")
        return result["result"].get("value")

    def key(self, name, code):
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name,
                      windowsVirtualKeyCode=code)

    def shoot(self, path, whole=False):
        import base64
        clip = {}
        if whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"captureBeyondViewport": True,
                    "clip": {"x": 0, "y": 0, "width": size["width"],
                             "height": min(size["height"], 6000), "scale": 1}}
        data = self.call("Page.captureScreenshot", format="png", **clip)["data"]
        path.write_bytes(base64.b64decode(data))


def check_silence(page, fail):
    for event in page.said + page.browser.events:
        method, params = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            fail(f"an exception: {params['exceptionDetails'].get('text')}")
        elif method in ("Runtime.consoleAPICalled", "Log.entryAdded"):
            fail(f"on the console: {json.dumps(params)[:300]}")
        elif method == "Network.requestWillBeSent":
            url = params["request"]["url"]
            if url.split("#")[0] not in (page.url, "about:blank"):
                fail(f"a request: {url[:200]}")


# Every link of the page to a finding or rule, and every finding's own anchor; at most 400 of
# them, evenly taken, by going there: what is named is on the screen then.
REACH = """(async () => {
  const ids = [...document.querySelectorAll('.finding[id]')].map(e => e.id);
  const bad = [], every = Math.max(1, Math.floor(ids.length / 400));
  const folds = [...document.querySelectorAll('details')].map(e => [e, e.open]);
  let tried = 0;
  for (let i = 0; i < ids.length; i += every) {
    folds.forEach(([e, open]) => { if (e.open !== open) e.open = open; });
    location.hash = '#' + ids[i];
    await new Promise(r => setTimeout(r, 4));
    const e = document.getElementById(ids[i]), box = e.getBoundingClientRect();
    tried++;
    if (!e.checkVisibility() || !box.height || box.top > innerHeight || box.bottom < 0)
      bad.push(ids[i]);
  }
  folds.forEach(([e, open]) => { e.open = open; });
  const lost = [...document.querySelectorAll('a')].map(a => a.getAttribute('href'))
    .filter(h => !h.startsWith('#') || !document.getElementById(h.slice(1)));
  const all = [...document.querySelectorAll('[id]')].map(e => e.id);
  return { findings: ids.length, tried, bad, lost: lost.slice(0, 5),
           twice: all.length - new Set(all).size };
})()"""

NAMES = """[...document.querySelectorAll('svg')].filter(s => s.getAttribute('aria-hidden') !== 'true' &&
  (!s.getAttribute('role') || !s.querySelector(':scope > title') ||
   !s.querySelector(':scope > title').textContent)).length"""

# What is wider than the screen and does not scroll in a box of its own.
WIDER = """[...document.querySelectorAll('main *, header *, nav *')].filter(e => {
  if (e.closest('.wide') && !e.matches('.wide')) return false;
  const b = e.getBoundingClientRect();
  return b.width && (b.right > innerWidth + 1 || b.left < -1) && !e.closest('.skip');
}).slice(0, 5).map(e => e.outerHTML.slice(0, 120)).concat(
  document.documentElement.scrollWidth > innerWidth ? ['the page scrolls sideways'] : [])"""

# Words that stand out less than 4.5 to 1 from what is behind them; letters of squares, from the
# colours that they are drawn with.
CONTRAST = """(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = c => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = c => { const [r, g, b] = rgb(c).map(v => { v /= 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ratio = (a, b) => { const x = light(a), y = light(b); return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05); };
  const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if (rgb(c)[3] > 250) return c; } return 'white'; };
  const bad = new Set();
  let tried = 0;
  for (const e of [...document.querySelectorAll('body *')].slice(0, 4000)) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility() ||
        /^(title|desc|script|style)$/i.test(e.localName) || e.closest('.skip')) continue;
    const style = getComputedStyle(e), ink = e.closest('svg') ? style.fill : style.color;
    if (e.matches('.letter, .l')) continue;
    tried++;
    const r = ratio(ink, behind(e));
    if (r < 4.5) bad.add(e.localName + '.' + e.getAttribute('class') + ' ' + r.toFixed(2));
  }
  const of = n => getComputedStyle(document.documentElement).getPropertyValue(n).trim();
  for (const [ink, paper] of [['--pass', '--pass-t'], ['--violated-l', '--violated-t'], ['--noted', '--noted-t'],
       ['--known', '--known-t'], ['--unknown', '--unknown-t'], ['--off', '--paper'], ['--card', '--ink'],
       ['--ink', '--lit'], ['--ink', '--named'], ['--soft', '--lit'], ['--soft', '--named']]) {
    const r = ratio(of(ink), of(paper));
    if (r < 4.5) bad.add(ink + ' on ' + paper + ' ' + r.toFixed(2));
  }
  return { tried, bad: [...bad].slice(0, 9) };
})()"""

PLACE = """(() => {
  const all = [...document.querySelectorAll('*')], e = document.activeElement;
  const seen = e.getBoundingClientRect();
  return e === document.body ? null : { at: all.indexOf(e), what: e.outerHTML.slice(0, 80),
    seen: seen.width > 0 && seen.height > 0 && seen.bottom > 0 && seen.top < innerHeight };
})()"""


MOST_STOPS = 300


def check_keyboard(page, fail):
    """From the top of a fresh page, Tab meets everything that is seen, in the document's order."""
    expected = page.run("[...document.querySelectorAll('a[href],summary,button,input,[tabindex=\"0\"]')]"
                        ".filter(e => e.tabIndex >= 0 && e.checkVisibility()).length")
    last, steps = -1, 0
    while steps < min(expected, MOST_STOPS):
        page.key("Tab", 9)
        place = page.run(PLACE)
        if place is None:
            break
        if place["at"] <= last:
            fail(f"Tab goes back to {place['what']}")
            break
        if not place["seen"]:
            fail(f"Tab goes to what is not seen: {place['what']}")
        last, steps = place["at"], steps + 1
    if steps < min(expected, MOST_STOPS):
        fail(f"Tab meets {steps} of {expected} places")
    return steps


def check_enter(page, fail):
    """A fold opens by keyboard."""
    opened = page.run("""(() => { const s = [...document.querySelectorAll('details:not([open]) > summary')]
        .find(e => e.checkVisibility()); if (!s) return null; s.focus(); window.fold = s.parentElement;
        return true; })()""")
    if not opened:
        return
    page.call("Input.dispatchKeyEvent", type="keyDown", key="Enter", code="Enter", text="\r",
              windowsVirtualKeyCode=13)
    page.call("Input.dispatchKeyEvent", type="keyUp", key="Enter", code="Enter", windowsVirtualKeyCode=13)
    if not page.run("window.fold.open"):
        fail("Enter does not open a fold")
    page.run("window.fold.open = false")


def check_script(page, fail):
    """Sorting and filtering do what they say."""
    result = page.run("""(async () => {
      const input = document.querySelector('.filter input');
      if (!input) return null;
      const part = input.closest('section'), items = [...part.querySelectorAll('.finding, tbody tr')];
      input.value = 'zzz no such thing'; input.dispatchEvent(new Event('input'));
      await new Promise(r => setTimeout(r, 600));
      const none = document.querySelectorAll('[hidden]').length;
      input.value = ''; input.dispatchEvent(new Event('input'));
      await new Promise(r => setTimeout(r, 600));
      const all = document.querySelectorAll('[hidden]').length;
      return { none, all };
    })()""")
    if result and (not result["none"] or result["all"]):
        fail(f"the filter: {result}")
    order = page.run("""(() => {
      const b = document.querySelector('table.sort thead button');
      if (!b) return null;
      const body = b.closest('table').tBodies[0], words = () => [...body.rows].map(r => r.cells[0].textContent);
      const before = words(); b.click();
      const up = words(); b.click();
      const down = words();
      return { sorted: JSON.stringify(up) === JSON.stringify([...before].sort()),
               turned: up[0] === down[down.length - 1] || before.length < 2, state:
               b.parentElement.getAttribute('aria-sort') };
    })()""")
    if order and not (order["sorted"] and order["turned"] and order["state"] == "descending"):
        fail(f"sorting: {order}")


def check_without_script(page, fail):
    """Nothing runs, and still: the last finding is reached by its link, whatever folds it."""
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    page.load()
    if page.run("document.querySelectorAll('button, .filter').length"):
        fail("the script ran")
    last = page.run("([...document.querySelectorAll('.finding[id]')].pop() || {}).id || null")
    if last:
        page.load("#" + last)
        if not page.run(f"document.getElementById('{last}').checkVisibility()"):
            fail(f"without the script {last} is not reached")
    page.call("Emulation.setScriptExecutionDisabled", value=False)
    page.load()


def look(page, fail):
    steps = check_keyboard(page, fail)
    reach = page.run(REACH)
    if reach["bad"]:
        fail(f"not reached: {reach['bad'][:5]}")
    if reach["lost"]:
        fail(f"links to nowhere: {reach['lost']}")
    if reach["twice"]:
        fail(f"{reach['twice']} anchors twice")
    nameless = page.run(NAMES)
    if nameless:
        fail(f"{nameless} graphics without a name")
    check_without_script(page, fail)
    check_enter(page, fail)
    check_script(page, fail)
    data = page.run("(document.getElementById('run') || {}).textContent || null")
    if data is not None and json.loads(data)["schema"]["name"] != "kmconform-run":
        fail("the data is not a run document")
    for width in (320, 390, 768, 1280):
        page.size(width, 844, width < 700)
        wider = page.run(WIDER)
        if wider:
            fail(f"at width {width}: {wider}")
    for scheme in ("light", "dark"):
        page.scheme(scheme)
        contrast = page.run(CONTRAST)
        if contrast["bad"] or not contrast["tried"]:
            fail(f"hard to read when {scheme}: {contrast}")
    page.scheme("light")
    print(f"findings {reach['findings']} (went to {reach['tried']}), Tab stops {steps}")


def shoot_all(page, folder):
    folder.mkdir(parents=True, exist_ok=True)
    page.load()
    for name, scheme, width, phone in (("light", "light", 1280, False), ("dark", "dark", 1280, False),
                                       ("phone", "light", 390, True), ("phone-dark", "dark", 390, True)):
        page.scheme(scheme)
        page.size(width, 844 if phone else 900, phone)
        page.run("scrollTo(0, 0)")
        page.shoot(folder / f"{name}.png")
        page.shoot(folder / f"{name}-whole.png", whole=True)


def main():
    program, path = sys.argv[1:3]
    complaints = []
    profile = tempfile.mkdtemp(prefix="kmconform-chromium-")
    browser = Browser(program, profile)
    try:
        page = Page(browser, path)
        load = page.run("performance.getEntriesByType('navigation')[0].duration")
        look(page, complaints.append)
        check_silence(page, complaints.append)
        if len(sys.argv) > 3:
            shoot_all(page, pathlib.Path(sys.argv[3]))
    finally:
        browser.close()
        shutil.rmtree(profile, ignore_errors=True)
    print(f"loaded in {load:.0f} ms")
    for complaint in complaints:
        print("FAILED:", complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
