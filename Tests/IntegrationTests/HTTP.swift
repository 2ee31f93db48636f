import Foundation
import FoundationNetworking

struct HTTP {
    struct Answer {
        let status: Int
        let body: Data
        let headers: [String: String]

        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:]
        }
    }

    static func get(_ url: String, position: String? = nil) async throws -> Answer {
        var request = URLRequest(url: URL(string: url)!)
        if let position { request.setValue(position, forHTTPHeaderField: "Daybook-Position") }
        return try await send(request)
    }

    static func post(_ url: String, _ body: String, type: String = "application/json", headers: [String: String] = [:])
        async throws -> Answer
    {
        var request = URLRequest(url: URL(string: url)!)
        request.httpMethod = "POST"
        request.httpBody = Data(body.utf8)
        request.setValue(type, forHTTPHeaderField: "Content-Type")
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        return try await send(request)
    }

    private static func send(_ request: URLRequest) async throws -> Answer {
        let (data, response) = try await URLSession.shared.data(for: request)
        let http = response as? HTTPURLResponse
        let headers = (http?.allHeaderFields ?? [:]).reduce(into: [String: String]()) { headers, field in
            headers["\(field.key)".lowercased()] = "\(field.value)"
        }
        return Answer(status: http?.statusCode ?? 0, body: data, headers: headers)
    }
}
