#!/usr/bin/env bash
# Builds the image without Docker, on local stand-ins for its base images, starts it and looks at it. Not part of npm test.
# Needs root, buildah, mmdebstrap (Debian packages), this machine's node and npm. Usage: test/image/check-image.sh [work folder]
set -euo pipefail
cd "$(dirname "$0")/../.."
work=${1:-$(mktemp -d)}
mkdir -p "$work"
export BUILDAH_ISOLATION=chroot
store=(--root "$work/storage" --runroot "$work/run")
image=localhost/message-trace-collector:check
node=$(command -v node)

# Mounts of a run that failed must not outlive it.
trap 'buildah "${store[@]}" umount --all >/dev/null 2>&1 || true' EXIT

say() { printf '== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*"; exit 1; }

stand_in_build() {
  if buildah "${store[@]}" inspect --type image localhost/stand-in-build >/dev/null 2>&1; then say "stand-in of the build base: there from before"; return; fi
  say "stand-in of the build base: Debian minbase, node and npm of this machine"
  [ -d "$work/minbase" ] || mmdebstrap --variant=minbase --include=ca-certificates bookworm "$work/minbase" >"$work/mmdebstrap.log" 2>&1
  local c; c=$(buildah "${store[@]}" from scratch)
  buildah "${store[@]}" add -q "$c" "$work/minbase" /
  buildah "${store[@]}" copy -q "$c" "$(readlink -f "$node")" /usr/local/bin/node
  buildah "${store[@]}" copy -q "$c" "$(npm root -g)/npm" /usr/local/lib/node_modules/npm
  # Authorities and addresses that this machine trusts, so that the build reaches what the machine reaches.
  buildah "${store[@]}" copy -q "$c" /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
  buildah "${store[@]}" run "$c" -- ln -sf ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
  buildah "${store[@]}" config --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt "$c"
  buildah "${store[@]}" commit -q --rm "$c" localhost/stand-in-build >/dev/null
}

stand_in_runtime() {
  say "stand-in of the runtime base: node and the libraries it is linked with, no shell"
  local c tree=$work/runtime library
  rm -rf "$tree"; mkdir -p "$tree/nodejs/bin" "$tree/etc" "$tree/tmp"
  cp "$(readlink -f "$node")" "$tree/nodejs/bin/node"
  # The base carries the whole packages, of which native modules want more than node: libsql wants librt.
  for library in $(ldd "$(readlink -f "$node")" | grep -o '/[^ ]*') $(dpkg -L libc6 libgcc-s1 libstdc++6 | grep '\.so'); do
    [ -f "$library" ] || continue
    mkdir -p "$tree$(dirname "$library")"; cp -L "$library" "$tree$library"
  done
  printf 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' >"$tree/etc/passwd"
  chmod 1777 "$tree/tmp"
  c=$(buildah "${store[@]}" from scratch)
  buildah "${store[@]}" add -q "$c" "$tree" /
  buildah "${store[@]}" commit -q --rm "$c" localhost/stand-in-runtime >/dev/null
}

build() {
  say "buildah build of the unchanged Dockerfile"
  local user_config; user_config=$(npm config get userconfig)
  local mounts=(); [ -f "$user_config" ] && mounts=(--volume "$user_config:/root/.npmrc:ro")
  buildah "${store[@]}" build --layers --pull-never --network host "${mounts[@]}" \
    --build-arg BUILD_IMAGE=localhost/stand-in-build --build-arg RUNTIME_IMAGE=localhost/stand-in-runtime \
    --build-arg REVISION="$(git rev-parse --short HEAD 2>/dev/null || echo unknown)" --tag "$image" . >"$work/build.log" 2>&1 || { tail -n 20 "$work/build.log"; fail "the build"; }
}

inspect() {
  say "what is inside"
  local c=$1 root; root=$(buildah "${store[@]}" mount "$c")
  buildah "${store[@]}" inspect --format '{{.OCIv1.Config.User}} {{.OCIv1.Config.Entrypoint}} {{.OCIv1.Config.Cmd}} {{.OCIv1.Config.ExposedPorts}} {{.OCIv1.Config.Volumes}}' "$c"; echo
  [ "$(buildah "${store[@]}" inspect --format '{{.OCIv1.Config.User}}' "$c")" = 65532:65532 ] || fail "the user is not 65532"
  local labels; labels=$(buildah "${store[@]}" inspect --format '{{range $k, $v := .OCIv1.Config.Labels}}{{$k}}={{$v}}{{"\n"}}{{end}}' "$c")
  [[ $labels == *org.opencontainers.image.licenses=Apache-2.0* ]] || fail "no OCI labels: $labels"
  local name; for name in $("$node" -p 'Object.keys(require("./package.json").devDependencies).join(" ")'); do
    [ ! -e "$root/app/node_modules/$name" ] || fail "$name is in the image"
  done
  [ -z "$(find "$root/app" -path "$root/app/node_modules" -prune -o -name '*.ts' -print)" ] || fail "TypeScript is in the image"
  [ ! -e "$root/bin/sh" ] || fail "a shell is in the image"
  printf 'application %s, node_modules %s, packages %s\n' "$(du -sh "$root/app" | cut -f1)" "$(du -sh "$root/app/node_modules" | cut -f1)" "$(find "$root/app/node_modules" -name package.json -path '*node_modules/*' -not -path '*/test/*' | grep -cE 'node_modules/(@[^/]+/)?[^/]+/package.json$')"
}

start() {
  say "start as 65532, stop with SIGTERM"
  local c=$1 root port=18999 began started; root=$(buildah "${store[@]}" mount "$c")
  touch "$work/before"
  began=$(date +%s%N)
  # A chroot as the image's user, with the image's own command: what the isolation of buildah does, with a process that can be signalled.
  env -i NODE_ENV=production COLLECTOR_HOST=127.0.0.1 COLLECTOR_PORT=$port COLLECTOR_DATA_DIR=/data "$(command -v chroot)" --userspec=65532:65532 "$root" /nodejs/bin/node -e 'process.chdir("/app"); process.argv[1] = "/app/dist/service/main.js"; import("/app/dist/service/main.js")' >"$work/out.log" 2>"$work/err.log" &
  local pid=$!
  for _ in $(seq 1 600); do
    curl --silent --fail "http://127.0.0.1:$port/healthz" >/dev/null && break
    kill -0 $pid 2>/dev/null || { cat "$work/err.log"; fail "it ended"; }
    sleep 0.05
  done
  started=$(date +%s%N)
  curl --silent --fail "http://127.0.0.1:$port/healthz" || fail "no /healthz"; echo
  printf 'answers /healthz after %s ms of wall time, load %s\n' $(((started - began) / 1000000)) "$(cut -d' ' -f1 /proc/loadavg)"
  printf 'processor time until then: %s ms\n' "$(awk '{print ($14 + $15) * 10}' "/proc/$pid/stat")"
  [ "$(awk '/^Uid:/ {print $2}' "/proc/$pid/status")" = 65532 ] || fail "it does not run as 65532"
  kill -TERM $pid; local code=0; wait $pid || code=$?
  [ $code = 0 ] || fail "SIGTERM ends it with $code"
  echo "SIGTERM ends it with 0"
  local written; written=$(find "$root" -xdev -newer "$work/before" -type f -not -path "$root/data/*" -not -path "$root/proc/*" -not -path "$root/dev/*")
  [ -z "$written" ] || fail "it wrote outside /data: $written"
  echo "writes in /data only: $(find "$root/data" -type f | sed "s|$root||" | sort | tr '\n' ' ')"
}

stand_in_build
stand_in_runtime
build
container=$(buildah "${store[@]}" from --pull-never "$image")
inspect "$container"
start "$container"
buildah "${store[@]}" rm "$container" >/dev/null
say "all checks passed"
