"""Installs into a temporary prefix and builds a third-party program against it, with pkg-config and with CMake."""

import os
import shutil
import subprocess
import tempfile

import tree

_PROGRAM = """\
#include <cstdio>
#include <mailpipe/mime/header.hpp>
#include <mailpipe/smtp/types.hpp>

int main() {
    const auto mailbox = mailpipe::smtp::parse_mailbox("alice@example.org");
    if (!mailbox) return 1;
    const auto header = mailpipe::mime::parse_header("Subject: hello\\r\\nFrom: a@example.net\\r\\n\\r\\n");
    const auto unfolded = mailpipe::mime::unfold(" two\\r\\n words");
    std::puts(unfolded.c_str());
    return mailpipe::smtp::parse_mailbox("alice@example.org\\r\\nRCPT") ? 2 : 0;
}
"""

_PROJECT = """\
cmake_minimum_required(VERSION 3.25)
project(third LANGUAGES CXX)
find_package({name} {version} REQUIRED)
add_executable(third third.cpp)
target_link_libraries(third PRIVATE mailpipe::mailpipe)
"""


def run(*argv, **arguments):
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=280, **arguments)
    if done.returncode:
        raise SystemExit(f"{' '.join(argv)}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def check(top):
    prefix = os.path.join(top, "prefix")
    run("cmake", "--install", tree.BUILD, "--prefix", prefix)
    library = next(path for path, _, names in os.walk(prefix) if "libmailpipe.so" in names)
    dynamic = run("readelf", "-d", os.path.join(library, "libmailpipe.so"))
    assert "SONAME" in dynamic and "libmailpipe.so.0" in dynamic, dynamic
    source = os.path.join(top, "third.cpp")
    with open(source, "w", encoding="utf-8") as file:
        file.write(_PROGRAM)

    environment = dict(os.environ, PKG_CONFIG_PATH=os.path.join(library, "pkgconfig"))
    # The .pc file names the configured prefix; --define-prefix finds the one it lies in.
    flags = run("pkg-config", "--define-prefix", "--cflags", "--libs", "mailpipe", env=environment).split()
    version = run("pkg-config", "--modversion", "mailpipe", env=environment).strip()
    run("g++", "-std=c++20", "-Wall", "-Wextra", "-Werror", "-o", os.path.join(top, "third"), source, *flags)
    loader = dict(os.environ, LD_LIBRARY_PATH=library)
    assert "two words" in run(os.path.join(top, "third"), env=loader)

    # Every installed header stands alone.
    headers = os.path.join(prefix, "include")
    names = sorted(os.path.relpath(os.path.join(path, name), headers)
                   for path, _, found in os.walk(headers) for name in found)
    assert len(names) > 10, names
    for name in names:
        run("g++", "-std=c++20", "-fsyntax-only", "-Wall", "-Werror", f"-I{headers}", "-x", "c++", "-",
            input=f"#include <{name}>\n")

    for name in ("mailpipe", "Mailpipe"):
        project = os.path.join(top, "project-" + name)
        os.makedirs(project)
        shutil.copy(source, project)
        with open(os.path.join(project, "CMakeLists.txt"), "w", encoding="utf-8") as file:
            file.write(_PROJECT.format(name=name, version=version))
        run("cmake", "-S", project, "-B", project + "/build", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}",
            "-DCMAKE_CXX_STANDARD=20")
        run("cmake", "--build", project + "/build")
        assert "two words" in run(project + "/build/third")

    for command in ("fetch", "list", "send", "serve", "show"):
        assert version in run(os.path.join(prefix, "bin", f"mail-{command}"), "--version")
        assert os.path.exists(os.path.join(prefix, "share", "man", "man1", f"mail-{command}.1"))
    assert os.path.exists(os.path.join(prefix, "share", "man", "man5", "mail-json.5"))
    return len(names)


def main():
    top = tempfile.mkdtemp(prefix="mailpipe-install-")
    try:
        tree.finish([], check(top), "headers")
    finally:
        shutil.rmtree(top, ignore_errors=True)


main()
