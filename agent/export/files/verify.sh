#!/bin/sh
# Verifies this package without annexa: sh verify.sh TRUST.PEM [RUN ...]. Needs coreutils, jq, openssl, xxd.
# A RUN is an artifact's id or a beginning of it; without one every run is verified, some seconds each dozen, and
# entries/, some seconds each thousand: that nothing which people did was left out.
# TRUST.PEM is yours: the agent's public key, or every one that it had, and the certificates of the time stamp
# authority. Any of the keys will do here; which of them signed at which time, annexa verify judges.
set -eu
key=$(realpath "${1:?name the trust root that you hold, not a file of this package}")
shift
cd "$(dirname "$0")"
case "$key" in "$PWD"/*) echo "the trust root must not come from the package" >&2; exit 2 ;; esac
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
refuse() { echo "REFUSED: $*" >&2; exit 1; }
hex() { sha256sum | cut -c 1-64; }
awk -v to="$tmp/key" '/-----BEGIN PUBLIC KEY/ {n++; on = 1} on {print > (to n)} /-----END/ {on = 0}' "$key"
signed() { # by one of the keys
    for one in "$tmp"/key*; do
        openssl pkeyutl -verify -pubin -inkey "$one" -rawin -in "$1" -sigfile "$2" >/dev/null 2>&1 && return 0
    done
    return 1
}
note() { # a checkpoint is signed by the key
    sed '/^$/,$d' "$1" > "$tmp/head"
    tail -n 1 "$1" | awk '{print $NF}' | base64 -d | tail -c +5 > "$tmp/signature"
    signed "$tmp/head" "$tmp/signature" || refuse "$1 is not signed by the key"
}
node() { printf '01%s%s' "$1" "$2" | xxd -r -p | hex; }
hashes() { sed "$1" "$2" | base64 -d | xxd -p -c 32; } # of a proof, one a line

# 1. Nothing was damaged on the way.
sha256sum -c --quiet SHA256SUMS || refuse "a file is not what SHA256SUMS says"

# 2. The checkpoint is signed.
note checkpoint
size=$(sed -n 2p checkpoint)
root=$(sed -n 3p checkpoint | base64 -d | xxd -p -c 32)

# 3. Each time stamp is over the checkpoint beside it, which is of this log (RFC 9162, 2.1.4.2).
stamps=0
for stamp in timestamps/*/; do
    [ -d "$stamp" ] || continue
    note "$stamp/checkpoint"
    # The authority's certificate may have expired since: it is judged as of the stamp's own instant.
    at=$(openssl ts -reply -in "$stamp/token.tsr" -text 2>/dev/null | sed -n 's/^Time stamp: //p')
    openssl ts -verify -data "$stamp/checkpoint" -in "$stamp/token.tsr" -CAfile "$key" -untrusted "$key" \
        -attime "$(date -d "$at" +%s)" >/dev/null 2>&1 || refuse "the time stamp in $stamp does not hold"
    [ "$(head -n 1 "$stamp/checkpoint")" = "$(head -n 1 checkpoint)" ] || refuse "$stamp is of another log"
    old=$(sed -n 2p "$stamp/checkpoint"); was=$(sed -n 3p "$stamp/checkpoint" | base64 -d | xxd -p -c 32)
    fn=$((old - 1)); sn=$((size - 1))
    while [ $((fn & 1)) = 1 ]; do fn=$((fn >> 1)); sn=$((sn >> 1)); done
    first=; [ $((old & (old - 1))) != 0 ] || first=$was
    second=$first
    for other in $(hashes '1,3d' "$stamp/consistency.txt"); do
        if [ -z "$first" ]; then first=$other; second=$other; continue; fi
        if [ $((fn & 1)) = 1 ] || [ "$fn" = "$sn" ]; then
            first=$(node "$other" "$first"); second=$(node "$other" "$second")
            while [ $((fn & 1)) = 0 ] && [ "$fn" != 0 ]; do fn=$((fn >> 1)); sn=$((sn >> 1)); done
        else
            second=$(node "$second" "$other")
        fi
        fn=$((fn >> 1)); sn=$((sn >> 1))
    done
    [ "$old" != "$size" ] || { first=$was; second=$was; }
    [ "$first" = "$was" ] && [ "$second" = "$root" ] || refuse "$stamp is of another log than the checkpoint"
    stamps=$((stamps + 1))
done

# The runs that are asked for, else every entry of the log in here.
asked=$#
if [ $# -gt 0 ]; then
    entries=$(for run in "$@"; do
        grep -rl "\"artifact\":\"sha256:${run#sha256:}" log --include='*.json' || refuse "there is no run $run"
    done
    grep -rlE '"type":"(deletion|erasure)"' log --include='*.json' || true)
else
    entries=$(find log -name '*.json' | LC_ALL=C sort)
fi

# 4. The log has each entry: from its hash the hashes of the proof lead to the root (RFC 9162, 2.1.3.2).
logged=0
for entry in $entries; do
    proof=${entry%.json}.tlog-proof
    sed '1,/^$/d' "$proof" | cmp -s - checkpoint || refuse "$proof is on another checkpoint"
    fn=$(sed -n 's/^index //p' "$proof"); sn=$((size - 1))
    hash=$({ printf '\000'; cat "$entry"; } | hex)
    for other in $(hashes '1,2d;/^$/,$d' "$proof"); do
        if [ $((fn & 1)) = 1 ] || [ "$fn" = "$sn" ]; then
            hash=$(node "$other" "$hash")
            while [ $((fn & 1)) = 0 ] && [ "$fn" != 0 ]; do fn=$((fn >> 1)); sn=$((sn >> 1)); done
        else
            hash=$(node "$hash" "$other")
        fi
        fn=$((fn >> 1)); sn=$((sn >> 1))
    done
    [ "$hash" = "$root" ] || refuse "$entry is not in the log"
    logged=$((logged + 1))
done

# 5. Each run: its envelope is the logged one and signed, its records are those that it names. They may be absent
#    where an entry of the log, proven above with the others, says that they were deleted or erased later.
gone() { # the leaf, the path and the scope of a run
    { find log -name '*.json' -exec grep -hE '"type":"(deletion|erasure)"' {} + || true; } |
        jq -es --argjson leaf "$1" --arg path "$2" --arg scope "$3" \
            'any(.[]; .index > $leaf and (.path == $path or (.type == "erasure" and .scope == $scope)))' >/dev/null
}
runs=0; absent=0
for entry in $(echo "$entries" | xargs grep -l '"type":"artifact"'); do
    id=$(jq -r .artifact "$entry"); envelope=envelopes/${id#sha256:}.json
    [ "$(jq -r .envelope "$entry")" = "$(hex < "$envelope")" ] || refuse "$envelope is not the logged one"
    jq -r .payload "$envelope" | base64 -d > "$tmp/payload"
    [ "$id" = "sha256:$(hex < "$tmp/payload")" ] || refuse "$envelope is of another run"
    { printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(stat -c %s "$tmp/payload")"
      cat "$tmp/payload"; } > "$tmp/signed"
    jq -r '.signatures[0].sig' "$envelope" | base64 -d > "$tmp/signature"
    signed "$tmp/signed" "$tmp/signature" || refuse "$envelope is not signed by the key"
    digest=$(jq -r '.subject[0].digest.sha256' "$tmp/payload"); kind=$(jq -r .predicate.kind "$tmp/payload")
    runs=$((runs + 1))
    if [ ! -e "records/$kind/$digest.ndjson" ] && gone "$(jq .index "$entry")" \
        "$(jq -r '.subject[0].name' "$tmp/payload")" "$(jq -r .predicate.scope "$tmp/payload")"; then
        absent=$((absent + 1)); continue
    fi
    [ -e "records/$kind/$digest.ndjson" ] && [ "$digest" = "$(hex < "records/$kind/$digest.ndjson")" ] ||
        refuse "the records of $id are not those signed"
done

# 6. Each step of a sample is the document whose digest the log has.
for entry in $(echo "$entries" | xargs grep -l '"type":"sampling"'); do
    step=$(jq -r .step "$entry"); [ "$step" != result ] || step=result-$(basename "$entry" .json)
    [ "$(jq -r .document "$entry")" = "$(hex < "samples/$(jq -r .name "$entry")/$step.json")" ] ||
        refuse "the document of $entry is not the logged one"
done

# 7. entries/ has every entry of the log: their hashes make the root again, level by level (RFC 9162, 2.1.1). A file
#    there holds 256 of them, the last one the rest, each after its length in two bytes (C2SP entry bundles).
whole() {
    mkdir "$tmp/leaf"; : > "$tmp/level"; : > "$tmp/acts"; : > "$tmp/steps"
    count=0
    for bundle in $(find entries -type f | LC_ALL=C sort); do
        [ "$bundle" = "$(printf 'entries/%09d' $((count / 256)))" ] || refuse "there are not 256 entries before $bundle"
        xxd -p -c 1 "$bundle" | awk '
            function byte(s) { return 16 * (index(hex, substr(s, 1, 1)) - 1) + index(hex, substr(s, 2, 1)) - 1 }
            BEGIN { hex = "0123456789abcdef" }
            left { left--; next }
            !half { high = byte($0); half = 1; next }
            { left = 256 * high + byte($0); half = 0; print NR + left, left }
            END { if (left || half) print 0, 0 }' > "$tmp/places"
        while read -r end length; do
            [ "$end" != 0 ] || refuse "$bundle is cut off"
            { printf '\000'; head -c "$end" "$bundle" | tail -c "$length"; } > "$tmp/leaf/$(printf '%012d' "$count")"
            count=$((count + 1))
        done < "$tmp/places"
        (cd "$tmp/leaf" && find . -type f | LC_ALL=C sort | xargs sha256sum) | cut -c 1-64 >> "$tmp/level"
        (cd "$tmp/leaf" && grep -aLE '"type":"(artifact|sampling)"' -- *; true) >> "$tmp/acts"
        (cd "$tmp/leaf" && grep -alF '"type":"sampling"' -- *; true) | while read -r leaf; do
            tail -c +2 "$tmp/leaf/$leaf"; echo
        done >> "$tmp/steps"
        tail -c +2 "$tmp/leaf/$(printf '%012d' $((count - 1)))" > "$tmp/last"
        rm -r "$tmp/leaf"; mkdir "$tmp/leaf"
    done
    [ "$count" = "$size" ] || refuse "entries/ has $count entries, the log $size"
    while [ "$(wc -l < "$tmp/level")" -gt 1 ]; do
        mkdir "$tmp/pairs"
        awk 'NR % 2 { one = $0; next } { print "01" one $0 }' "$tmp/level" | xxd -r -p | split -a 6 -b 65 - "$tmp/pairs/"
        find "$tmp/pairs" -type f | LC_ALL=C sort | xargs sha256sum | cut -c 1-64 > "$tmp/above"
        [ $(($(wc -l < "$tmp/level") % 2)) = 0 ] || tail -n 1 "$tmp/level" >> "$tmp/above"
        mv "$tmp/above" "$tmp/level"; rm -r "$tmp/pairs"
    done
    [ "$(cat "$tmp/level")" = "$root" ] || refuse "the entries make another root than the checkpoint's"
    # None that must lie in log/ was left out: what people did, and of each population in here the draws with all steps.
    while read -r leaf; do
        [ -e "log/$leaf.json" ] || refuse "leaf $leaf is in the log, and was left out of log/"
    done < "$tmp/acts"
    hidden=$(jq -rs --arg files "$(ls log)" '
        ($files | split("\n") | map({key: ., value: true}) | from_entries) as $here |
        def file: "000000000000\(.index)"[-12:] + ".json";
        (map(select(.step == "population") | {key: .name, value: .facts.root}) | from_entries) as $roots |
        (map(select(.step == "population" and $here[file]) | {key: .facts.root, value: true}) | from_entries) as $drawn |
        (map(select(.step == "draw" and $drawn[$roots[.facts.population] // ""]) | {key: .name, value: true})
            | from_entries) as $draws |
        map(select($draws[.name] and ($here[file] | not)) | file) | first // empty' "$tmp/steps")
    [ -z "$hidden" ] || refuse "log/$hidden, a step of a sample, is in the log and was left out"
    # What annexa concluded is told as of the last entry, or of the end of the audit before it, which nobody signed.
    jq -e --arg last "$(jq -r .recorded_at "$tmp/last")" '
        def time: rtrimstr("Z") | if contains(".") then . else . + "." end;
        .as_of == ([$last, .audit.ends] | min_by(time))' package.json >/dev/null ||
        refuse "package.json is told as of another instant than the log's"
}
if [ "$asked" = 0 ]; then whole; fi

echo "holds: $logged entries of a log of $size, $runs runs, $stamps time stamps; key $(hex < "$key")"
[ "$absent" = 0 ] || echo "the records of $absent runs were deleted or erased, as the log says"
[ "$asked" = 0 ] || echo "entries/ was not read, for runs were named: that nothing was left out was not asked"
