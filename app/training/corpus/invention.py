"""Things nobody has seen before: names, words, codes and figures, so that a model must copy rather than remember."""

from random import Random

_ONSETS = "b br c ch cl d dr f fl g gl h j k kl l m n p pl qu r s sk st t tr v w z x y th sh gr sp".split()  # noqa: SIM905
_VOWELS = "a e i o u ai ea ou io y oa ee ie".split()  # noqa: SIM905 - a list of sounds reads better as text
_CODAS = ["", "", "", "n", "r", "l", "s", "x", "nd", "rt", "ck", "m", "sk", "lt", "v", "ph"]
_ENDINGS = ["", "", "", " Labs", " Group", " & Sons", " Industries", " Logistics", " Health", " Foods", ".io", " AG"]
_CURRENCIES = ["$", "€", "£", "CHF ", "US$", "¥", "SEK ", "A$", "₹", "C$", "NOK ", "PLN "]
_TRAILING = [" USD", " EUR", " CHF", " dollars", " euros", " GBP", " francs"]
_UNITS = [
    "GB",
    "MB",
    "TB",
    "vCPU",
    "km",
    "kg",
    "ms",
    "seats",
    "users",
    "invoices",
    "requests",
    "hours",
    "credits",
    "pages",
]
_PERIODS = [" per month", " per year", " a month", " per user per month", "/month", " per seat", " a year", "", "", ""]
_TIMES = ["second", "minute", "hour", "day", "week", "month", "year", "business day", "working day"]
_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
_PLANS = """
    Starter Basic Team Growth Business Pro Professional Premium Plus Scale Enterprise Free Personal Unlimited Core
    Standard Essential Studio Solo Advanced Mid-tier Ultimate Launch Flex Community Silver Gold Platinum
    """.split()  # noqa: SIM905
_WORD_NUMBERS = "two three four five six seven eight nine ten twelve fifteen twenty thirty ninety".split()  # noqa: SIM905


def word(rng: Random) -> str:
    """A word that does not exist, two or three syllables, lower case."""
    parts = rng.choices((1, 2, 3), (1, 6, 3))[0]
    return "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS) for _ in range(parts))


def name(rng: Random) -> str:
    """A name as products and companies have: `Traskeo`, `QuibWorks`, `Nelt Labs`, `vrelby`."""
    base = word(rng).capitalize()
    style = rng.random()
    if style < 0.12:
        return base + rng.choice(["Works", "Hub", "Flow", "Desk", "Sync", "Cloud", "Pay", "Base", "ly", "ify", "AI"])
    if style < 0.2:
        return base.upper()[: rng.randint(2, 5)]
    if style < 0.26:
        return f"{base} {word(rng).capitalize()}"
    return base


def company(rng: Random) -> str:
    return name(rng) + rng.choice(_ENDINGS)


def plan(rng: Random) -> str:
    """The name of a plan, one in five of them unheard of."""
    return rng.choice(_PLANS) if rng.random() < 0.8 else word(rng).capitalize()


def code(rng: Random) -> str:
    """An identifier: `KX-4821`, `sync_rate_limit`, `v3.14`, `SOC 2`, `syncLimit`."""
    style = rng.randrange(7)
    if style == 0:
        return f"{word(rng)[:2].upper()}-{digits(rng, rng.randint(1, 5))}"
    if style == 1:
        return "_".join(word(rng) for _ in range(rng.randint(2, 3)))
    if style == 2:
        return f"v{rng.randint(0, 30)}.{rng.randint(0, 20)}" + (f".{rng.randint(0, 99)}" if rng.random() < 0.5 else "")
    if style == 3:
        return f"{word(rng)[:3].upper()} {digits(rng, rng.randint(1, 5))}"
    if style == 4:
        return word(rng) + word(rng).capitalize()
    if style == 5:
        return f"{word(rng)}-{word(rng)}"
    return word(rng)[:4].upper() + digits(rng, 2)


def digits(rng: Random, length: int) -> str:
    """A whole number of `length` digits without a leading zero."""
    return str(rng.randint(10 ** (length - 1), 10**length - 1))


def number(rng: Random) -> str:
    """`7`, `48`, `1,250`, `3.5`, `12 million`, `seven`."""
    style = rng.random()
    if style < 0.12:
        return rng.choice(_WORD_NUMBERS)
    if style < 0.6:
        return digits(rng, rng.choices((1, 2, 3), (3, 5, 3))[0])
    if style < 0.8:
        return f"{rng.randint(1, 990)},{rng.randint(0, 999):03d}"
    if style < 0.92:
        return f"{rng.randint(0, 40)}.{rng.randint(1, 99)}"
    return f"{rng.randint(2, 90)} {rng.choice(['million', 'thousand', 'billion'])}"


def money(rng: Random) -> str:
    """`$299`, `€1,250.50 per month`, `40 CHF`, `75¢`."""
    style = rng.random()
    if style < 0.08:
        return f"{rng.randint(1, 99)}¢"
    amount = digits(rng, rng.choices((1, 2, 3, 4), (2, 5, 5, 1))[0])
    if style < 0.3:
        amount = f"{rng.randint(1, 80)},{rng.randint(0, 999):03d}"
    if rng.random() < 0.25:
        amount += f".{rng.randint(0, 99):02d}"
    spelled = amount + rng.choice(_TRAILING) if style > 0.9 else rng.choice(_CURRENCIES) + amount
    return spelled + rng.choice(_PERIODS)


def percent(rng: Random) -> str:
    value = str(rng.randint(1, 99)) + (f".{rng.randint(1, 99)}" if rng.random() < 0.25 else "")
    return value + rng.choice(["%", "%", "%", " percent"])


def duration(rng: Random) -> str:
    """`3 days`, `45-minute`-free spans such as `2 to 4 weeks`, `one hour`."""
    unit = rng.choice(_TIMES)
    if rng.random() < 0.15:
        return f"one {unit}"
    low = rng.randint(2, 60)
    return f"{low} to {low + rng.randint(1, 30)} {unit}s" if rng.random() < 0.2 else f"{low} {unit}s"


def quantity(rng: Random) -> str:
    return f"{number(rng)} {rng.choice(_UNITS)}"


def date(rng: Random) -> str:
    """`March 4, 2026`, `2026-03-04`, `April 2025`, `2024`."""
    year, month, day = rng.randint(2015, 2031), rng.randrange(12), rng.randint(1, 28)
    return rng.choice([
        f"{_MONTHS[month]} {day}, {year}",
        f"{year}-{month + 1:02d}-{day:02d}",
        f"{_MONTHS[month]} {year}",
        f"{day} {_MONTHS[month]}",
        str(year),
    ])
