#!/bin/sh
# A real MySQL server, its client and mysqldump in a folder of their own, for tests and scripts/compat:
#
#   sh scripts/mysql-server.sh FOLDER
#
# Debian's stable releases have MariaDB only, its unstable suite has MySQL. The packages, and every library that they
# need, are unpacked into FOLDER with a private apt configuration: nothing is installed, the system's stays as it is.
set -eu
[ $# -eq 1 ] || { echo 'usage: sh scripts/mysql-server.sh FOLDER' >&2 && exit 2; }
mkdir -p "$1"
cd "$1"
folder=$PWD

# The system's own mirror of Debian.
mirror=$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' | awk '$1 == "Debian" && $2 !~ /security/ { print $2; exit }')
[ -n "$mirror" ] || { echo 'mysql-server: this is no Debian with a mirror in its sources' >&2 && exit 1; }
mkdir -p lists/partial cache/archives/partial debs root bin
: >status
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror sid main" >sources.list

apt() {
  command=$1
  shift
  "$command" -qq -o Dir::Etc::sourcelist="$folder/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State="$folder" \
    -o Dir::State::lists="$folder/lists" -o Dir::State::status="$folder/status" -o Dir::Cache="$folder/cache" \
    -o APT::Sandbox::User="$(id -un)" "$@"
}

apt apt-get update
# Of all that they depend on, the libraries: the rest is for an installed system.
packages=$(apt apt-get -s --no-install-recommends install mysql-server-core mysql-client-core |
  awk '$1 == "Inst" && $2 ~ /^(lib|gcc-|mysql-)/ { print $2 }')
(cd debs && apt apt-get download $packages)
for package in debs/*.deb; do dpkg -x "$package" root; done

# The programs, with the C library that they were built for.
libraries=$(dirname "$(find root/usr/lib -name 'libc.so.6')")
loader=$(find "$libraries/" -name 'ld-linux*.so.*' | head -n 1)
for program in sbin/mysqld bin/mysql bin/mysqldump; do
  real=$folder/root/usr/$program
  printf '#!/bin/sh\nexec %s --library-path %s:%s --argv0 %s %s "$@"\n' \
    "$folder/$loader" "$folder/$libraries" "$folder/root/usr/lib/mysql" "$real" "$real" >"bin/${program#*/}"
  chmod +x "bin/${program#*/}"
done
"bin/mysqld" --version
echo "SALLYPORT_MYSQL=$folder/bin"
