#include "base/side_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <poll.h>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace
{

struct Note {
    struct tg_errand errand;
    int number;
    std::vector<int> *log;
    std::thread::id thread;
    const std::atomic<bool> *gate; // it is not done before
};

void note(struct tg_errand *self)
{
    Note *it = reinterpret_cast<Note *>(self);
    while (it->gate != nullptr && !it->gate->load())
        std::this_thread::yield();
    it->log->push_back(it->number);
    it->thread = std::this_thread::get_id();
}

Note make_note(int number, std::vector<int> *log, const std::atomic<bool> *gate = nullptr)
{
    Note it = {};
    it.errand.run = note;
    it.number = number;
    it.log = log;
    it.gate = gate;
    return it;
}

TEST(SideThread, RunsErrandsInTheirOrderAndWakesTheOwner)
{
    int descriptor = eventfd(0, EFD_NONBLOCK);
    struct tg_side_thread *side = tg_side_thread_new(descriptor);
    std::atomic<bool> gate{false};
    std::vector<int> log;
    Note notes[] = {make_note(1, &log, &gate), make_note(2, &log), make_note(3, &log)};
    for (Note &it : notes)
        tg_side_thread_give(side, &it.errand);
    EXPECT_FALSE(tg_errand_done(&notes[0].errand)); // the gate is closed, and the owner goes on
    EXPECT_FALSE(tg_errand_done(&notes[2].errand));
    gate = true;
    tg_side_thread_wait(side, &notes[2].errand);
    EXPECT_EQ(log, (std::vector<int>{1, 2, 3}));
    EXPECT_NE(notes[0].thread, std::this_thread::get_id());
    struct pollfd waited = {descriptor, POLLIN, 0};
    EXPECT_EQ(poll(&waited, 1, -1), 1);
    tg_side_thread_give(side, &notes[0].errand); // an errand may be given again
    tg_side_thread_wait(side, &notes[0].errand);
    EXPECT_EQ(log.size(), 4u);
    tg_side_thread_free(side);
    close(descriptor);
}

TEST(SideThread, FreesAfterWhatWasGiven)
{
    int descriptor = eventfd(0, EFD_NONBLOCK);
    struct tg_side_thread *side = tg_side_thread_new(descriptor);
    std::vector<int> log;
    std::vector<Note> notes;
    for (int i = 0; i < 100; i++)
        notes.push_back(make_note(i, &log));
    for (Note &it : notes)
        tg_side_thread_give(side, &it.errand);
    tg_side_thread_free(side);
    EXPECT_EQ(log.size(), notes.size());
    EXPECT_TRUE(tg_errand_done(&notes.back().errand));
    close(descriptor);
}

TEST(SideThread, IsTheOwnersThreadWhereNobodyCouldBeWoken)
{
    struct tg_side_thread *side = tg_side_thread_new(-1);
    std::vector<int> log;
    Note it = make_note(7, &log);
    tg_side_thread_give(side, &it.errand);
    EXPECT_TRUE(tg_errand_done(&it.errand));
    EXPECT_EQ(it.thread, std::this_thread::get_id());
    tg_side_thread_wait(side, &it.errand);
    tg_side_thread_free(side);
}

} // namespace
