"""What nodes keep of sessions."""

import copy
import datetime
import gc
import pickle
import threading
import time

import pytest

from remotemedia import Node, SessionState, StateManager


class Plain(Node):
    def process(self, data):
        return data


def threads():
    return {one for one in threading.enumerate() if one.name == "remotemedia-sessions"}


def aged(state, **ago):
    state.last_accessed -= datetime.timedelta(**ago)


def test_a_session_has_five_fields():
    before = datetime.datetime.now()
    state = SessionState("a")
    assert (state.session_id, state.data, state.metadata) == ("a", {}, {})
    assert before <= state.created_at <= state.last_accessed <= datetime.datetime.now()
    state.set("x", 1)
    state.update({"y": 2})
    assert (state.get("x"), state.get("y"), state.get("z"), state.get("z", 3)) == (1, 2, None, 3)
    state.clear()
    assert state.data == {}


@pytest.mark.parametrize(
    "use", [lambda s: s.get("x"), lambda s: s.set("x", 1), lambda s: s.update({}), lambda s: s.clear(), lambda s: s.update_access_time()]
)
def test_every_use_counts(use):
    state = SessionState("a")
    aged(state, hours=1)
    use(state)
    assert datetime.datetime.now() - state.last_accessed < datetime.timedelta(minutes=1)


def test_sessions_are_made_found_and_forgotten():
    manager = StateManager()
    assert manager.get_session("a") is None
    one = manager.get_or_create_session("a")
    assert manager.get_or_create_session("a") is one is manager.get_session("a")
    assert manager.get_all_sessions() == {"a": one}
    assert (manager.delete_session("a"), manager.delete_session("a")) == (True, False)
    manager.get_or_create_session("b")
    manager.clear_all_sessions()
    assert manager.get_all_sessions() == {}


@pytest.mark.parametrize("ttl, hours", [(None, 24), (3600, 1), (0.5 * 3600, 0.5), (datetime.timedelta(hours=2), 2)])
def test_sessions_that_nobody_uses_go(ttl, hours):
    manager = StateManager(ttl)
    assert manager.default_ttl == datetime.timedelta(hours=hours)
    for name in ("old", "new"):
        manager.get_or_create_session(name)
    aged(manager.get_session("old"), hours=hours, seconds=1)
    aged(manager.get_session("new"), hours=hours, seconds=-60)
    assert (manager.get_session("old"), manager.get_session("new").session_id) == (None, "new")
    aged(manager.get_session("new"), seconds=61)
    assert (manager.cleanup_expired_sessions(), manager.cleanup_expired_sessions(), manager.get_all_sessions()) == (1, 0, {})


def test_the_one_used_longest_ago_makes_room():
    manager = StateManager(max_sessions=2)
    for name in ("a", "b"):
        aged(manager.get_or_create_session(name), minutes=1)
    manager.get_or_create_session("a")
    manager.get_or_create_session("c")
    assert list(manager.get_all_sessions()) == ["a", "c"]


def test_persistence_is_accepted():
    assert StateManager(enable_persistence=True).enable_persistence is True


def test_a_thread_cleans_up_and_ends_with_the_manager():
    before = threads()
    manager = StateManager(0.001)
    assert threads() <= before  # until there is something to clean up
    manager.start_cleanup_task(datetime.timedelta(milliseconds=5))
    (first,) = threads() - before
    manager.get_or_create_session("a")
    end = time.monotonic() + 30
    while manager.get_all_sessions() and time.monotonic() < end:
        time.sleep(0.005)
    assert manager.get_all_sessions() == {} and threads() - before == {first} and first.daemon
    manager.stop_cleanup_task()
    first.join(5)
    manager.start_cleanup_task(datetime.timedelta(milliseconds=5))
    (second,) = threads() - before
    del manager
    gc.collect()
    second.join(5)
    assert not first.is_alive() and not second.is_alive()


def test_any_thread_may_ask():
    manager = StateManager(max_sessions=5)

    def work(number):
        for index in range(300):
            state = manager.get_or_create_session(str((number + index) % 7))
            state.set("x", state.get("x", 0) + 1)

    together = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for one in together:
        one.start()
    for one in together:
        one.join()
    assert len(manager.get_all_sessions()) == 5
    manager.stop_cleanup_task()


def test_a_node_keeps_state_by_session():
    node = Plain(state_ttl=60, max_sessions=3)
    assert (node.state.default_ttl, node.state.max_sessions) == (datetime.timedelta(minutes=1), 3)
    assert node.get_session_state() is None
    node.set_session_id("a")
    node.get_session_state().set("x", 1)
    assert (node.get_session_id(), node.get_session_state("a").get("x"), node.get_session_state("b").get("x")) == ("a", 1, None)
    node.cleanup()
    assert node.state.get_all_sessions() == {}
    assert Plain(enable_state=False).state is None and Plain(enable_state=False).get_session_state("a") is None


@pytest.mark.parametrize("again", [copy.deepcopy, lambda node: pickle.loads(pickle.dumps(node))])
def test_a_node_can_be_copied_with_its_state(again):
    node = Plain(name="x")
    node.get_session_state("a").set("count", 3)
    other = again(node)
    assert other.get_session_state("a").get("count") == 3 and other.name == "x"
    other.get_session_state("a").set("count", 4)
    assert node.get_session_state("a").get("count") == 3
    node.cleanup(), other.cleanup()
