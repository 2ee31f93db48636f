import Testing

@testable import daybook

@Suite("The schedule of an open loop")
struct ScheduleTests {
    @Test("Requests are meant to be sent at even distances")
    func evenDistances() {
        let schedule = Schedule(start: 1_000, perSecond: 2_000, seconds: 1)
        #expect(schedule.count == 2_000)
        #expect(schedule.intended(0) == 1_000)
        #expect(schedule.intended(3) == 1_501_000)
        #expect(schedule.intended(1_999) == 999_501_000)
    }

    @Test(
        "What is due at any time are exactly the requests meant for it or before", arguments: [1, 3, 7.3, 33_333, 1e6])
    func dueAgreesWithIntended(perSecond: Double) {
        let schedule = Schedule(start: 12_345, perSecond: perSecond, seconds: 1_000 / perSecond)
        for number in 0..<schedule.count {
            let time = schedule.intended(number)
            #expect(schedule.due(at: time) == number + 1)
            #expect(schedule.due(at: time - 1) == number)
        }
    }

    @Test("Nothing is due before the start, and never more than there is")
    func bounds() {
        let schedule = Schedule(start: 5_000, perSecond: 100, seconds: 0.5)
        #expect(schedule.due(at: 0) == 0)
        #expect(schedule.due(at: .max) == 50)
    }
}
