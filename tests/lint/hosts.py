"""No file names a package registry's host: dependencies come from Debian, through apt's own configuration."""

import re

import tree

# In pieces, so that this file names none itself.
_HOSTS = [".".join(parts) for parts in (
    ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("yarnpkg", "com"),
    ("crates", "io"), ("rubygems", "org"), ("repo1", "maven"), ("maven", "org"), ("proxy", "golang"),
    ("conan", "io"), ("nuget", "org"), ("packagist", "org"), ("deb", "debian"), ("archive", "ubuntu"),
    ("ghcr", "io"), ("docker", "io"), ("quay", "io"))]


def main():
    pattern = re.compile("|".join(map(re.escape, _HOSTS)), re.IGNORECASE)
    problems = []
    paths = tree.files()
    for path in paths:
        for number, line in enumerate(tree.read(path).splitlines()):
            if pattern.search(line):
                problems.append(f"{path}:{number + 1}: names a package registry")
    tree.finish(problems, len(paths), "files")


main()
