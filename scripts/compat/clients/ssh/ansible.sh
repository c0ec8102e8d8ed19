#!/bin/sh
# An Ansible playbook: facts, files, templates, commands, with ssh's own connection sharing.
. "$(dirname "$0")/verdict.sh"

export ANSIBLE_HOME="$work/home" ANSIBLE_PYTHON_INTERPRETER="$ANSIBLE/python" ANSIBLE_NOCOLOR=1 LC_ALL=C.UTF-8
printf 'target ansible_user=%s\n' "$SSH_USER" >"$work/inventory"
cat >"$work/play.yaml" <<PLAY
- hosts: all
  tasks:
    - ansible.builtin.file: { path: "$work/made", state: directory, mode: "0750" }
    - ansible.builtin.copy: { content: "Grüße {{ ansible_system }}\n", dest: "$work/made/copied" }
    - ansible.builtin.shell: "wc -c < $work/made/copied"
      register: size
    - ansible.builtin.copy: { content: "{{ size.stdout }}\n", dest: "$work/made/size" }
    - ansible.builtin.command: { cmd: "cat", stdin: "sent by standard input" }
      register: input
    - ansible.builtin.assert: { that: input.stdout == "sent by standard input" }
    - ansible.builtin.fetch: { src: "$work/made/copied", dest: "$work/fetched", flat: true }
PLAY
play() { PATH=$ANSIBLE:$PATH timeout 250 ansible-playbook -i "$work/inventory" --ssh-common-args "-F '$SSH_CONFIG'" "$@" "$work/play.yaml" 2>&1; }
for pipelining in False True; do
  said=$(ANSIBLE_PIPELINING=$pipelining play)
  verdict "pipelining $pipelining" "$(echo "$said" | grep -o 'ok=[0-9]* .*failed=[0-9]*' | sed 's/  */ /g; s/changed=[0-9]* //'; cat "$work/made/size" "$work/fetched" 2>&1)" \
    "$(printf 'ok=8 unreachable=0 failed=0\n14\nGrüße Linux')"
done
exit $status
