#!/bin/sh
# Makes src/fault-server/certificates.ts with openssl: certificates for a hundred years (but for the
# one that is expired), of authorities whose keys are thrown away. Nobody trusts them, and the keys
# of the servers are public: for tests alone.
set -eu
folder=$(cd "$(dirname "$0")/../../src/fault-server" && pwd)
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cd "$work"

# authority NAME
authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 \
    -subj "/CN=Linkspan $1 for tests" -keyout "$1-key.pem" -out "$1.pem" 2> /dev/null
}

# server NAME AUTHORITY SUBJECT-ALT-NAMES OPTIONS-OF-X509...
server() {
  name=$1 authority=$2 names=$3
  shift 3
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -subj "/CN=$name" -keyout "$name-key.pem" -out "$name.csr" 2> /dev/null
  printf 'subjectAltName=%s\n' "$names" > "$name.ext"
  openssl x509 -req -in "$name.csr" -CA "$authority.pem" -CAkey "$authority-key.pem" \
    -extfile "$name.ext" -out "$name.pem" "$@" 2> /dev/null
}

# pair NAME
pair() {
  printf '  %s: {\n    cert: `%s`,\n    key: `%s`,\n  },\n' \
    "$1" "$(cat "$1.pem")" "$(cat "$1-key.pem")"
}

authority authority
authority stranger
server trusted authority 'DNS:localhost,IP:127.0.0.1' -days 36500
server elsewhere authority 'DNS:elsewhere.test' -days 36500
server expired authority 'DNS:localhost,IP:127.0.0.1' -days -1
server unknown stranger 'DNS:localhost,IP:127.0.0.1' -days 36500

{
  cat << 'TEXT'
// Made by test/fault-server/make-certificates.sh. The keys are public on purpose: nobody trusts
// these certificates but a test that is told to.

/** A certificate and its key, in PEM. */
export interface CertificateAndKey {
  readonly cert: string;
  readonly key: string;
}

TEXT
  printf '/** The authority behind the certificates of the fault server, in PEM: what a client is told to trust. */\n'
  printf 'export const testAuthority: string = `%s`;\n\n' "$(cat authority.pem)"
  printf '/** What the TLS ports of the fault server show. */\n'
  printf 'export const certificates: Readonly<\n  Record<%s, CertificateAndKey>\n> = {\n' \
    "'trusted' | 'elsewhere' | 'expired' | 'unknown'"
  pair trusted
  pair elsewhere
  pair expired
  pair unknown
  printf '};\n'
} > "$folder/certificates.ts"
