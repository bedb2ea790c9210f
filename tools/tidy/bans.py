"""What our code does not use, and where it may after all."""

import re

from tree import Finding


class Ban:
    """A pattern that must not appear in the code of files below `roots`, but for `allowed`."""

    def __init__(self, rule, pattern, why, roots=("source/",), allowed=()):
        self.rule, self.pattern, self.why = rule, re.compile(pattern), why
        self.roots, self.allowed = roots, allowed

    def applies_to(self, file):
        return file.path.startswith(self.roots) and not file.path.startswith(self.allowed)


_EVERYWHERE = ("api/", "examples/", "source/", "test/", "tools/")
_CPP_BANS = (
    # These and snapshots are what workers and main share; everything else has one owner.
    Ban("shared-ptr", r"\bstd::shared_ptr<(?!const\b|(?:Host|CircuitBreaker|OutlierMonitor)>)",
        "only const snapshots, Host, its cluster's breaker and outlier monitor are shared",
        allowed=("source/grpc/",)),  # the gRPC library hands out its objects so
    Ban("shared-ptr", r"\bstd::(weak_ptr|enable_shared_from_this)\b", "use base/link.h"),
    Ban("thread-local", r"\bthread_local\b", "a worker's state is passed by reference"),
    Ban("mutex", r"\b(std::(recursive_|shared_|timed_)?mutex|std::condition_variable|absl::Mutex"
        r"|std::lock_guard|std::unique_lock|std::scoped_lock|absl::MutexLock|pthread_mutex_\w+)\b",
        "no locks on the request path; threads meet in event/post_queue.h",
        allowed=("source/event/", "source/grpc/", "source/server/", "source/control/", "source/xds/")),
    Ban("exceptions", r"\b(throw\b|try\s*\{|catch\s*\()", "no exceptions; absl::Status",
        roots=("source/", "test/", "examples/"), allowed=("source/config/yaml_",)),
    Ban("sleep", r"\b(sleep|usleep|nanosleep|sleep_for|sleep_until|SleepFor)\s*\(",
        "time is the event loop's", roots=("source/", "test/")),
    Ban("threads", r"\b(std::j?thread|std::async|pthread_create)\b",
        "threads start in server/; tests are single-threaded outside of test/wire",
        roots=("source/", "test/"),
        allowed=("source/event/", "source/server/", "test/event/", "test/wire/", "test/server/")),
    Ban("wall-clock", r"\b(system_clock::now|gettimeofday|clock_gettime|absl::Now)\b|[^\w.>]time\(",
        "ask the event loop for the time", roots=("source/", "test/"),
        allowed=("source/event/", "test/wire/")),
    Ban("using-namespace", r"\busing\s+namespace\b", "name what is used",
        roots=("source/", "test/", "examples/")),
    Ban("bool-parameter", r"\bvirtual\b[^;{]*[(,]\s*(?:const\s+)?bool\s+\w+\s*[,)=]",
        "a bare bool says nothing at the call; use an enum"),
)
_COMMENT_BANS = (
    Ban("promises", r"\b(TODO|FIXME|XXX|HACK)\b", "do it or leave it out", roots=_EVERYWHERE),
    Ban("promises", r"(?i)\b(not implemented|for now\b|coming soon|placeholder)",
        "say what is, not what may come", roots=_EVERYWHERE),
)
# A line of code behind slashes.
_DEAD_CODE = re.compile(r"^\s*//\s*[\w:>.()\-]+.*[;{]\s*$", re.M)
_CODE_LIKE = re.compile(r"//\s*(if \(|for \(|while \(|return\b.*;|[\w:<>]+ \w+ = .*;|[\w.>-]+\(.*\);\s*$)")


def cpp(tree):
    for file in tree.cpp():
        for ban in _CPP_BANS:
            if not ban.applies_to(file):
                continue
            for match in ban.pattern.finditer(file.code):
                yield Finding(ban.rule, file.path, file.line_at(match.start()), ban.why)
        for ban in _COMMENT_BANS:
            for match in ban.pattern.finditer(file.comments):
                yield Finding(ban.rule, file.path, file.line_at(match.start()), ban.why)


def scripts(tree):
    """The same promises in everything that is not C++; tidy itself must spell them."""
    for path, file in tree.files.items():
        if file.is_cpp or path.startswith("tools/tidy/"):
            continue
        for ban in _COMMENT_BANS:
            for match in ban.pattern.finditer(file.text):
                yield Finding(ban.rule, path, file.line_at(match.start()), ban.why)


def dead_code(tree):
    """Code kept in comments. Examples in a header's comment are indented by a further space."""
    for file in tree.cpp("source/", "test/"):
        for number, line in enumerate(file.comments.splitlines(), 1):
            if file.is_header or not _DEAD_CODE.match(line):
                continue
            if _CODE_LIKE.match(line.strip()):
                yield Finding("dead-code", file.path, number, "history remembers; delete it")


CHECKS = (cpp, scripts, dead_code)
